"""Making the inbound half of SDS: a thing at a time, each at most once, killed anywhere.

Before each request a note is left; after each answer the object is looked at. What may have been
made is looked for, and never asked for again unless a person says that it is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sync.edge.clock import Budget
from sync.edge.graph.setup import MAKES, READ_TO_MAKE, may
from sync.edge.graph.setup_values import Inbound, Kind, Made, SchoolYear, SourceSystem
from sync.edge.graph.values import Connector, Flow
from sync.edge.world import SetupTarget, World
from sync.errors import (
    AnswerRefused,
    TargetError,
    TargetRefused,
    TargetUnavailable,
    concerning,
)
from sync.steps.setup import matches, notes
from sync.steps.setup.look import demand_may
from sync.steps.setup.notes import NotesSeen, SetupNote
from sync.steps.setup.wanted import KINDS, SetupWanted, body_of, stamp

CALL_S = 60.0
SEEN_WITHIN_S = 120.0
"""How long what was just made is looked for at once; then it is in doubt."""
READY_WITHIN_S = 600.0  # Microsoft's own template waits 180 s: docs/reference/sds.md#flow-state
_EVERY_S = 5.0
_TRIES = 5  # to take a number for a note: each that fails, somebody else has taken

WORDS: Mapping[Kind, str] = {
    "source": "source",
    "connector": "connector",
    "year": "school year",
    "flow": "inbound flow",
}

type How = Literal["used", "made", "found"]


@dataclass(frozen=True, slots=True)
class ThingMade:
    """A thing of the set-up: it was there and serves, was in doubt and is there, or is new."""

    kind: Kind
    made_id: str
    name: str
    how: How


@dataclass(slots=True)
class _Making:
    world: World
    sds: SetupTarget
    wanted: SetupWanted
    tell: Callable[[str], None]
    not_there: Kind | None
    ids: dict[Kind, str] = field(default_factory=dict)

    # -- looking -------------------------------------------------------------------------------

    def look(self) -> tuple[NotesSeen, Inbound]:
        """Read the notes, and after them what SDS shows: so nothing falls between the two.

        What was noted before is known; whoever notes after takes the number that we would.
        """
        seen = notes.notes_of(self.world.store, self.wanted)
        inbound = self.sds.inbound(self._budget())
        for kind, made_id in notes.known_ids(seen.notes).items():
            inbound = self._with(inbound, kind, made_id)
        return seen, inbound

    def _with(self, inbound: Inbound, kind: Kind, made_id: str) -> Inbound:
        """Return *inbound* with the object of that id, which a list may not show yet."""
        if any(each.id.lower() == made_id.lower() for each in _listed(inbound, kind)):
            return inbound
        made = self.sds.one(kind, made_id, self._budget())
        match made:
            case SourceSystem():
                return replace(inbound, sources=[*inbound.sources, made])
            case Connector():
                return replace(inbound, connectors=[*inbound.connectors, made])
            case SchoolYear():
                return replace(inbound, years=[*inbound.years, made])
            case Flow():
                return replace(inbound, flows=[*inbound.flows, made])
        return inbound

    def _budget(self) -> Budget:
        return Budget.of(self.world.clock, CALL_S)

    # -- making --------------------------------------------------------------------------------

    def thing(self, kind: Kind) -> ThingMade:
        for _ in range(_TRIES):
            seen, inbound = self.look()
            of_kind = [note for note in seen.notes if note.kind == kind and not note.over]
            known = notes.known_ids(seen.notes)
            decided = matches.decide(kind, self.wanted, inbound, self.ids, known)
            if decided.do == "refuse":
                raise refusal(decided)
            if decided.do == "use":
                return self._used(kind, decided, of_kind)
            if not all(self._is_not_there(kind, note) for note in of_kind):
                raise self._in_doubt(kind, of_kind[-1])
            number = seen.next_number(kind)
            if folder := notes.begin(self.world, kind, self.wanted, number):
                return self._made(kind, folder)
        raise TargetUnavailable(
            f"somebody else is making the {WORDS[kind]}: look again in a minute"
        )

    def _used(
        self, kind: Kind, decided: matches.Decided, of_kind: Sequence[SetupNote]
    ) -> ThingMade:
        doubted = [note for note in of_kind if not note.made_id]
        for note in doubted:
            notes.note_found(self.world, note, decided.made_id)
        self.ids[kind] = decided.made_id
        how: How = "found" if doubted else "used"
        return ThingMade(kind, decided.made_id, decided.name, how)

    def _made(self, kind: Kind, folder: str) -> ThingMade:
        self.tell(f"making the {WORDS[kind]}")
        body = body_of(
            kind,
            self.wanted,
            lambda other: self.sds.link(other, self.ids[other]),
            self.sds.group_link,
            stamp(self.world.clock.now()),
        )
        try:
            with concerning(connector=self.wanted.connector):
                made_id = self.sds.make(kind, body, self._budget())
        except TargetError as error:
            if error.outcome_unknown:
                raise _doubtful(kind, f"{error}. SDS may have made the {WORDS[kind]}") from None
            notes.note_refused(self.world, folder, error)
            raise
        notes.note_made(self.world, folder, made_id)
        return self._seen(kind, made_id)

    def _seen(self, kind: Kind, made_id: str) -> ThingMade:
        """Look at what was just made, until it can be seen, and compare it with what was asked."""
        patience = Budget.of(self.world.clock, SEEN_WITHIN_S)
        while (made := self.sds.one(kind, made_id, self._budget())) is None:
            if patience.left_s <= 0:
                raise _doubtful(kind, f"SDS made the {WORDS[kind]} and does not show it yet")
            self.world.clock.sleep(_EVERY_S)
        if differs := matches.unlike(self.wanted, made, self.ids):
            raise TargetRefused(
                f"SDS made the {WORDS[kind]} otherwise than it was asked to: it"
                f" {'; '.join(differs)}. Mend it in School Data Sync, then run this again"
            )
        self.ids[kind] = made_id
        return ThingMade(kind, made_id, made.name, "made")

    # -- doubt ---------------------------------------------------------------------------------

    def _is_not_there(self, kind: Kind, note: SetupNote) -> bool:
        """Say whether a person has looked; too early, it could still come into sight."""
        if self.not_there != kind:
            return False
        if self._is_early(note):
            raise AnswerRefused(
                f"whether the {WORDS[kind]} is there cannot be said yet: SDS shows some things"
                f" late. Run this without --not-there until {_until(note)}, and look then"
            )
        notes.note_not_there(self.world, note)
        return True

    def _in_doubt(self, kind: Kind, note: SetupNote) -> TargetError:
        what = f"SDS may have made the {WORDS[kind]}, and does not show it"
        if self._is_early(note):
            asked = f"asked for at {note.begun_at:%H:%M} UTC, in doubt until {_until(note)}"
            return _doubtful(kind, f"{what} yet ({asked})")
        return TargetRefused(
            f"{what}. Look in School Data Sync whether it is there. If it is not, say so:"
            f" `isams-sync sds make {self.wanted.digest} --not-there {kind}`. If it is, wait, or"
            " ask Microsoft why Graph does not list it",
            kind=kind,
        )

    def _is_early(self, note: SetupNote) -> bool:
        return self.world.store.now() < note.doubted_until

    # -- the end -------------------------------------------------------------------------------

    def await_ready(self) -> None:
        """Wait until SDS says that the inbound flow takes files."""
        patience = Budget.of(self.world.clock, READY_WITHIN_S)
        while True:
            flow = self.sds.one("flow", self.ids["flow"], self._budget())
            state = flow.state if isinstance(flow, Flow) else ""
            if state == "ready":
                return
            if state in {"failed", "disabled", "expired"}:
                raise TargetRefused(
                    f"all is made, and the inbound flow is {state}: look at it in School Data Sync"
                )
            if patience.left_s <= 0:
                raise TargetUnavailable(
                    "all is made, and SDS is not ready with the inbound flow yet: run this again in"
                    " some minutes"
                )
            self.tell("waiting until SDS is ready with the inbound flow")
            self.world.clock.sleep(_EVERY_S)


def make(
    world: World,
    sds: SetupTarget,
    wanted: SetupWanted,
    *,
    held: frozenset[str] | None,
    not_there: Kind | None,
    tell: Callable[[str], None],
) -> list[ThingMade]:
    """Make what of *wanted* is not there, and wait until its flow is ready.

    *held* are the token's scopes, None if it does not tell. *not_there*: a person has looked in the
    portal, and it is not there.

    Raises:
        TargetRefused: what is there is something else; nothing more is made.
        TargetUnavailable: in doubt or not ready yet; run it again.
        AnswerRefused: nothing of that kind is in doubt, or it is too early to say.
    """
    if not all(may(held, errand) for errand in READ_TO_MAKE):
        demand_may(held, MAKES.values())  # who may make a thing may read it
    making = _Making(world, sds, wanted, tell, not_there)
    seen, inbound = making.look()
    decided = matches.decide_all(wanted, inbound, notes.known_ids(seen.notes))
    for each in decided.values():
        if each.do == "refuse":
            raise refusal(each)
    if not_there:
        _demand_doubt(not_there, seen, decided)
    demand_may(held, [MAKES[kind] for kind in KINDS if decided[kind].do == "make"])
    things = [making.thing(kind) for kind in KINDS]
    making.await_ready()
    return things


def _demand_doubt(kind: Kind, seen: NotesSeen, decided: Mapping[Kind, matches.Decided]) -> None:
    """Raise `AnswerRefused` unless a *kind* was begun and is not in sight."""
    in_doubt = any(note.kind == kind and not note.over for note in seen.notes)
    if not in_doubt or decided[kind].do != "make":
        raise AnswerRefused(f"no {WORDS[kind]} is in doubt: run it without --not-there")


def refusal(decided: matches.Decided) -> TargetRefused:
    """Return why nothing is made: something is there that is not what is wanted."""
    return TargetRefused(
        f"SDS cannot be set up so, because of the {WORDS[decided.kind]}: {decided.why}. Nothing"
        " that is there is ever changed from here: mend it in School Data Sync, or plan otherwise",
        kind=decided.kind,
    )


def _doubtful(kind: Kind, what: str) -> TargetUnavailable:
    return TargetUnavailable(
        f"{what}. It is in doubt: run the same command again in some minutes, it looks before it"
        " makes anything",
        kind=kind,
    )


def _until(note: SetupNote) -> str:
    return f"{note.doubted_until:%H:%M} UTC"


def _listed(inbound: Inbound, kind: Kind) -> Sequence[Made]:
    match kind:
        case "source":
            return inbound.sources
        case "connector":
            return inbound.connectors
        case "year":
            return inbound.years
        case "flow":
            return inbound.flows
