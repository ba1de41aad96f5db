"""What the app answers, as JSON schemas: `docs/openapi.yaml` is written with them.

Each is strict: a name that is not here is in no answer. Words that the code lists are the code's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

from sync.edge.storage.queues import NIGHTLY, QUEUES
from sync.ledger import fates, landed
from sync.ledger.marks import HowEnded, Receipt, TroubleWord
from sync.ledger.offers import Why
from sync.ledger.states import State
from sync.roster.finding_codes import FindingCode
from sync.roster.trace import Presence
from sync.sds.full_plan.lines import LineKind
from sync.sds.landed.kinds import Differs, Likely
from sync.steps.landed.told import UNCLEAR
from sync.steps.status_values import PullState, SchoolState

type Schema = Mapping[str, object]

DELIVERY_ID = r"^\d{8}T\d{6}Z-[0-9a-f]{8}$"


def _text(pattern: str = "", **more: object) -> Schema:
    return {"type": "string", **({"pattern": pattern} if pattern else {}), **more}


def _one_of(words: Iterable[str]) -> Schema:
    return {"type": "string", "enum": [*words]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _by(values: Schema) -> Schema:
    """An object whose names are keys of the settings, or codes."""
    return {"type": "object", "additionalProperties": values}


def _object(always: Mapping[str, Schema], sometimes: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these names and no others."""
    return {
        "type": "object",
        "required": [*always],
        "properties": {**always, **(sometimes or {})},
        "additionalProperties": False,
    }


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TEXT = _text()
COUNT: Schema = {"type": "integer", "minimum": 0}
BOOL: Schema = {"type": "boolean"}
MOMENT = _text(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
ID = _text(DELIVERY_ID)
DAY = _text(r"^\d{4}-\d\d-\d\d$")
PULL_ID = _text(r"^\d{8}T\d{6}Z$")
DIGEST = _text(r"^[0-9a-f]{8}$")
CALLER = _text(description="an object id of Entra's, `key` or `terminal`")
STATUS_PATH: Schema = {"const": "/api/status"}
WHY = _one_of(["", *Why])

ANSWER = _object({"word": _one_of(["approved", "rejected"]), "at": MOMENT}, {"caller": CALLER})
HOLD = _object({"first": BOOL, "excesses": _list(_named("Excess"))})
PULL = _object(
    {"id": PULL_ID, "state": _one_of(get_args(PullState.__value__)), "attempts": COUNT},
    {"error": _named("Fault"), "sets": _by(ID), "faults": _by(_named("Fault"))},
)
SET = _object(
    {
        "id": ID,
        "pulled_at": MOMENT,
        "age_h": {"type": "number"},
        "academic_year": {"type": "integer"},
        "counts": _by(COUNT),
        "source": _by(COUNT),
        "findings": _by(COUNT),
    }
)
SCHOOL_AT = _object(
    {"state": _one_of(get_args(SchoolState.__value__)), "why": WHY, "since": _or_null(MOMENT)},
    {"offer": ID, "digest": DIGEST, "answer": ANSWER, "hold": HOLD},
)
RECEIPT = _object(
    {
        "outcome": _one_of(get_args(Receipt.model_fields["outcome"].annotation)),
        "at": MOMENT,
        "faults": _list(_by(TEXT)),
        "run": _by(TEXT),
        "counts": _by(COUNT),
    }
)
CHANGES = _object(dict.fromkeys(("before", "after", "added", "removed", "changed"), COUNT))
DELIVERY = _object(
    {"id": ID, "state": _one_of(State)},
    {
        "counts": _by(COUNT),
        "pulled_at": MOMENT,
        "changes": _by(CHANGES),
        "hold": HOLD,
        "digest": DIGEST,
        "answer": ANSWER,
        "error": _named("Fault"),
        "receipt": RECEIPT,
        "became": _object(
            {
                "word": _one_of(dict.fromkeys(row.word for row in fates.TABLE.values())),
                "may_hold": BOOL,
                "who": TEXT,
            },
            {"repeats": ID},
        ),
    },
)
CONNECTOR = _object(
    {
        "profiles": _list(TEXT),
        "waiting_for": _list(TEXT),
        "schools": _by(SCHOOL_AT),
        "paused": _or_null(
            _object(
                {"since": MOMENT, "restores": ID, "delivery": ID},
                {"school": TEXT, "caller": CALLER},
            )
        ),
        "restorable": _list(_object({"id": ID, "accepted_at": MOMENT})),
        "deliveries": _list(DELIVERY),
    }
)
LIMIT = _object(
    {
        "said": TEXT,
        "how_many": COUNT,
        "allowed": COUNT,
        "now": _or_null(COUNT),
        "then": _or_null(COUNT),
    }
)
PLAN_ENTRY = _object(
    {
        "change": _one_of(LineKind),
        **dict.fromkeys(
            ("class_title", "year", "person", "form", "what", "now", "then", "allowed"), TEXT
        ),
        **dict.fromkeys(("class_id", "person_id"), TEXT),
    }
)

KIND = _object(
    {
        "code": _one_of(FindingCode),
        **dict.fromkeys(("told", "became", "who"), TEXT),
        **dict.fromkeys(("new", "open", "mended"), COUNT),
        "since": _or_null(DAY),
        "many_new": TEXT,
    }
)
FINDING = _object(
    {
        "code": _one_of(FindingCode),
        **dict.fromkeys(("record", "name", "detail", "advice"), TEXT),
        "state": _one_of(["new", "open", "mended"]),
        "first_seen": DAY,
    },
    {"mended_on": DAY},
)
ROWS = _by(_list(_by(TEXT)))
VERDICT = _or_null(_one_of(Presence))
RECORD = _object(
    {
        **dict.fromkeys(
            ("kind", "id", "our_id", "label", "name", "code", "address", "school"), TEXT
        ),
        "facts": _by(TEXT),
        "verdict": VERDICT,
        "profiles": _list(
            _object(
                {
                    "profile": TEXT,
                    "verdict": VERDICT,
                    "set": TEXT,
                    "read_at": _or_null(MOMENT),
                    "rules": _list(
                        _object({**dict.fromkeys(("code", "question", "said"), TEXT), "kept": BOOL})
                    ),
                    "rows": ROWS,
                    "note": TEXT,
                }
            )
        ),
        "sds": _list(
            _object(
                {
                    **dict.fromkeys(("connector", "delivery", "word"), TEXT),
                    "taken": BOOL,
                    "handed_at": MOMENT,
                    "ended_at": _or_null(MOMENT),
                    "has": _or_null(BOOL),
                    "rows": ROWS,
                }
            )
        ),
        "places": _list(
            _object(
                {
                    **dict.fromkeys(("label", "name", "id", "role"), TEXT),
                    **dict.fromkeys(("in_isams", "in_set"), BOOL),
                    "in_sds": _or_null(BOOL),
                }
            )
        ),
        "todo": TEXT,
        "in_teams": _or_null(
            _object(
                {
                    "at": MOMENT,
                    "told": TEXT,
                    "differences": _list(
                        _object(
                            {
                                "difference": _one_of(Differs),
                                "class": TEXT,
                                "person": TEXT,
                                "cause": _one_of(Likely),
                                "first_seen": MOMENT,
                            }
                        )
                    ),
                }
            )
        ),
    }
)
READ_BACK = _object(
    {
        "told": TEXT,
        "last": _or_null(
            _object(
                {
                    "outcome": _one_of(get_args(HowEnded.__value__)),
                    "at": MOMENT,
                    "delivery": ID,
                    "drops": COUNT,
                },
                {
                    "why": _one_of(get_args(landed.Why.__value__)),
                    "trouble": _one_of(get_args(TroubleWord.__value__)),
                    "trouble_since": MOMENT,
                    "error": _named("Fault"),
                },
            )
        ),
        "whole": _or_null(
            _object(
                {
                    "at": MOMENT,
                    "delivery": ID,
                    "seen_by": TEXT,
                    "counts": _by(COUNT),
                    "late": COUNT,
                    "since": _by(MOMENT),
                    **dict.fromkeys(("sent", "there", "others", "unclear"), COUNT),
                    "gave_more": BOOL,
                }
            )
        ),
        "due_at": _or_null(MOMENT),
        "under_way": BOOL,
    }
)
LANDED_ROW = _object(
    {
        **dict.fromkeys(("connector", "class", "class_name", "person", "name", "address"), TEXT),
        "difference": _one_of([*Differs, UNCLEAR]),
        "cause": _one_of(["", *Likely]),
        "advice": TEXT,
        "first_seen": _or_null(MOMENT),
    }
)

SCHEMAS: Mapping[str, Schema] = {
    "Fault": _object(
        {
            "error": TEXT,
            "message": TEXT,
            "who": _one_of(["caller", "operator", "school", "developer", "nobody"]),
            "facts": _by({"type": ["integer", "string"]}),
        }
    ),
    "Excess": _object(
        {
            **dict.fromkeys(("table", "what"), TEXT),
            **dict.fromkeys(("rows", "allowed"), COUNT),
            **dict.fromkeys(("org", "grade"), TEXT),
        }
    ),
    "Misasked": _object({"message": TEXT}, {"known": _list(TEXT)}),
    "NotOneOf": _object(
        {"message": TEXT}, dict.fromkeys(("schools", "profiles", "connectors"), _list(TEXT))
    ),
    "Status": _object(
        {
            "version": TEXT,
            "now": MOMENT,
            "schools": _by(
                _object(
                    {"pull": _or_null(PULL)},
                    {
                        "year_turns_on": DAY,
                        "unmoved_school_days": COUNT,
                    },
                )
            ),
            "profiles": _by(
                _object(
                    {"set": _or_null(SET)},
                    {"nights": _list(_object({"pulled_at": MOMENT, "counts": _by(COUNT)}))},
                )
            ),
            "connectors": _by(CONNECTOR),
            "failed_messages": _object(
                dict.fromkeys(NIGHTLY, _list(_by(TEXT))),
                dict.fromkeys([each for each in QUEUES if each not in NIGHTLY], _list(_by(TEXT))),
            ),
        }
    ),
    "Trust": _object(
        {
            "now": MOMENT,
            "schools": _list(
                _object(
                    {
                        **dict.fromkeys(("school", "name", "connector"), TEXT),
                        "state": _one_of(get_args(SchoolState.__value__)),
                        "why": WHY,
                        "offer": _text(DELIVERY_ID.replace("^", "^(").replace("$", ")?$")),
                        "read_at": _or_null(MOMENT),
                        "age_h": _or_null({"type": "number"}),
                        **dict.fromkeys(
                            ("pupils", "teachers", "classes", "findings"), _or_null(COUNT)
                        ),
                        **dict.fromkeys(
                            ("carried_since", "accepted_at", "next_pull_at"), _or_null(MOMENT)
                        ),
                    }
                )
            ),
        }
    ),
    "Subjects": _object({"subjects": _list(_object(dict.fromkeys(("id", "code", "name"), TEXT)))}),
    "Check": _object(
        {
            "ok": BOOL,
            "checks": _list(
                _object(
                    {
                        "check": TEXT,
                        "state": _one_of(["ok", "warning", "wrong", "not tried"]),
                        "told": TEXT,
                        "next": TEXT,
                        "error": _or_null(_named("Fault")),
                    }
                )
            ),
        }
    ),
    "Asked": _object({"asked": _by(PULL_ID), "status": STATUS_PATH}),
    "Findings": _object(
        {
            "set": ID,
            "day": DAY,
            "kinds": _list(KIND),
            "findings": _list(FINDING),
            "mended": _list(FINDING),
        }
    ),
    "Landed": _object({"on": BOOL, "connectors": _by(READ_BACK)}),
    "LandedRows": _object(
        {
            "connectors": _by(
                _object({"at": _or_null(MOMENT), "note": TEXT, "rows": _list(LANDED_ROW)})
            )
        }
    ),
    "Explained": _object(
        {
            "record": _or_null(RECORD),
            "matches": _list(
                _object(
                    dict.fromkeys(("ask", "school", "kind", "label", "name", "code"), TEXT),
                )
            ),
            "near": _list(TEXT),
            "notes": _list(TEXT),
        }
    ),
    "Plan": _object(
        {
            "plan": ID,
            "connector": TEXT,
            "schools": _list(
                _object(
                    {
                        "school": TEXT,
                        "name": TEXT,
                        "offer": ID,
                        "delivery": TEXT,
                        "why": WHY,
                        "notes": _list(TEXT),
                        "limits": _list(LIMIT),
                        "changes": _list(PLAN_ENTRY),
                    }
                )
            ),
        }
    ),
    "Answered": _object(
        {
            "delivery": ID,
            "connector": TEXT,
            "answer": _one_of(["approved", "rejected"]),
            "offers": _by(ID),
        }
    ),
    "Restored": _object({"restores": ID, "delivery": ID, "status": STATUS_PATH}, {"school": TEXT}),
    "Said": _object(
        {
            "school": TEXT,
            "number": COUNT,
            "word": _one_of(["swap", "new", "move"]),
            "classes": _list(TEXT),
            "ends": _list(TEXT),
            "undo": TEXT,
            "asked": _by(PULL_ID),
            "status": STATUS_PATH,
        }
    ),
    "Resumed": _object({"resumed": _list(TEXT)}),
}
