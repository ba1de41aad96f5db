"""What the reference leaves open, or what a test wants to go wrong, one field each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulators.sds.faults import Answer

HOUR_S = 3600.0

CONNECTOR_READ = "IndustryData-DataConnector.Read.All"
CONNECTOR_UPLOAD = "IndustryData-DataConnector.Upload"
CONNECTOR_WRITE = "IndustryData-DataConnector.ReadWrite.All"
READ_BASIC = "IndustryData.ReadBasic.All"
FLOW_READ = "IndustryData-InboundFlow.Read.All"
FLOW_WRITE = "IndustryData-InboundFlow.ReadWrite.All"
RUN_READ = "IndustryData-Run.Read.All"
RUN_START = "IndustryData-Run.Start"
SOURCE_READ = "IndustryData-SourceSystem.Read.All"
SOURCE_WRITE = "IndustryData-SourceSystem.ReadWrite.All"
YEAR_READ = "IndustryData-TimePeriod.Read.All"
YEAR_WRITE = "IndustryData-TimePeriod.ReadWrite.All"
OUTBOUND_READ = "IndustryData-OutboundFlow.Read.All"
OUTBOUND_WRITE = "IndustryData-OutboundFlow.ReadWrite.All"
REFERENCE_READ = "IndustryData-ReferenceDefinition.Read.All"
REFERENCE_WRITE = "IndustryData-ReferenceDefinition.ReadWrite.All"

EDU_ROSTER = "EduRoster.Read.All"
MEMBER_HIDDEN = "Member.Read.Hidden"
USER_READ = "User.Read.All"

READER_ROLES = frozenset({EDU_ROSTER, MEMBER_HIDDEN})

SENDER_ROLES = frozenset(
    {CONNECTOR_READ, CONNECTOR_UPLOAD, READ_BASIC, FLOW_READ, RUN_READ, RUN_START}
)
SETUP_READ_ROLES = frozenset(
    {SOURCE_READ, CONNECTOR_READ, YEAR_READ, FLOW_READ, OUTBOUND_READ, REFERENCE_READ, READ_BASIC}
)
SETUP_WRITE_ROLES = frozenset({SOURCE_WRITE, CONNECTOR_WRITE, YEAR_WRITE, FLOW_WRITE})
SETUP_ROLES = SETUP_READ_ROLES | SETUP_WRITE_ROLES


class Location(StrEnum):
    """What the `Location` of an accepted validate looks like (reference §4.5, §11)."""

    GRAPH = "graph"
    BACKEND = "backend"
    BACKEND_QUOTED = "backend-quoted"
    RELATIVE = "relative"
    MISSING = "missing"


class Given(StrEnum):
    """How a property is given that an answer may also leave out."""

    AS_IT_IS = "as-it-is"
    NULL = "null"
    ABSENT = "absent"


class Body(StrEnum):
    """How the backend, which is not Graph, writes down what Graph would say."""

    AS_GRAPH = "as-graph"
    PASCAL_CASE = "pascal-case"
    WITHOUT_ID = "without-id"
    OTHER_ID = "other-id"
    UPPER_CASE_ID = "upper-case-id"


class Names(StrEnum):
    """How `validatedFiles` names the files that were seen."""

    AS_SENT = "as-sent"
    PATHS = "paths"
    OTHER_CASE = "other-case"
    NONE = "none"


class Activities(StrEnum):
    """Which activities `activityStatistics` holds; OTHERS: all but the first connector's."""

    FLOWS = "flows"
    OTHERS = "others"
    UNKNOWN_IDS = "unknown-ids"
    NONE = "none"
    NULL = "null"
    ABSENT = "absent"


class ExternalId(StrEnum):
    """What `externalId` of a class of SDS's holds: its id, or `Section_<id>` (reference §12)."""

    PLAIN = "plain"
    PREFIXED = "prefixed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class EducationKnobs:
    """What is unknown of the education view, and who may see it.

    *client_id* is the identity that reads back, with *roles*. The delays are seconds after the end
    of a run until each kind of thing arrives or goes. *next_link_origin* begins each next link.
    Without *select_honoured* every record has all that Graph knows.
    """

    client_id: str = "3b0c9a54-0000-4000-8000-0000000ed0c0"
    roles: frozenset[str] = READER_ROLES
    class_delay_s: float = 0.0
    teacher_delay_s: float = 0.0
    pupil_delay_s: float = 0.0
    removal_delay_s: float = 0.0
    external_id: ExternalId = ExternalId.PLAIN
    page_size: int | None = None
    people_page_size: int | None = None
    next_link_origin: str | None = None
    select_honoured: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """Durations in seconds by the simulator's clock; `None` where it says so means never.

    **Names of calls.** `short_names_status` and `qualified_names_status` (400 or 404; None: both
    are served) answer "Resource not found for the segment" to `validate`, `start`,
    `getStatistics` and `getUploadSession` in that spelling. `unknown_words_masked`: Graph gives
    a word that is not in its metadata as `unknownFutureValue`, unless the call prefers otherwise.
    `reset_ignored`: a session that is asked for with `resetSession=true` is the old one.
    `flush_keeps_percent` under 100 stores less than was sent, and says nothing.
    `date_ahead_s` moves the `Date` of every answer.

    **Where an operation is known.** `graph_knows_operation`: Graph's `operations/{id}` (else
    404); `graph_lists_operations`: Graph's list of them (else they are not in it);
    `backend_knows_operation`: the address of `Location`, which writes as `backend_body` says.
    `backend_answer` is its every answer instead: an `Answer`, or, in process, an exception.

    **What an operation says.** `operation_status` is the status it ends with, any text, None: it
    is never told to have ended. It ends after `operation_s` seconds: then its files are what the
    next run takes, whether or not anybody asked (not if it is `failed` or `skipped`). That it has
    ended is told from the poll after `operation_polls` others on; a poll less than `min_poll_s`
    after the one before is answered 429. `overlooked` names files that SDS does not see although
    they were sent. `extra_warnings` are codes and targets beside its own. `last_action_off_s` is
    added to the moment of its end in `lastActionDateTime`, None: there is none.

    **What a run says.** `activity_word` is what becomes of the first connector's flow whatever
    it was sent, while the run ends as the others do; only `completed…` takes the files.
    `run_word` is the status with which every run ends (any but `running`), whatever its flows do.
    `idle_flow_activity` is what becomes of flows that are not ready, None: they are not listed.
    `activity_statistics`, `totals` and `counts` are how the statistics tell it.

    **The set-up.** `switched_on` False: SDS was never begun with, and all of Graph's industryData
    answers 404. `list_lag_reads`: what was made is in no list, and 404 by its id, for that many
    reads of its list or of it; that another object may lead to it, and that its name is taken, is
    known at once. `names_unique`: a second object of a displayName, in any case of letters, is
    answered 409, as is a second year of a code; else it is made. `links_left_out` names links
    that no answer holds, though `$expand` asks for them; `post_shows_links`: the answer to a POST
    holds all links. `unknown_years` are codes that `referenceDefinitions` lacks and no year may
    have. A made flow is `notReady` for `flow_settles_s` seconds, None: for ever; then it is
    `flow_settles_as`.

    **Starts.** `start_answer` answers every start, `start_retry_after_s` None leaves the header
    of a refusal out.
    """

    roles: frozenset[str] = SENDER_ROLES
    client_id: str = "3b0c9a54-0000-4000-8000-00000000c11e"
    client_secret: str = "invented-secret"
    token_lifetime_s: float = 3599.0

    page_size: int | None = None
    date_ahead_s: float = 0.0
    short_names_status: int | None = None
    qualified_names_status: int | None = None
    unknown_words_masked: bool = True

    session_lifetime_s: float = 14 * HOUR_S
    container_lifetime_s: float = 48 * HOUR_S
    reset_ignored: bool = False
    single_put_refused: bool = True
    flush_keeps_percent: int = 100

    location: Location = Location.BACKEND
    graph_knows_operation: bool = False
    graph_lists_operations: bool = False
    backend_knows_operation: bool = True
    backend_body: Body = Body.AS_GRAPH
    backend_answer: Answer | Exception | None = None

    operation_polls: int = 2
    operation_s: float = 8.0
    operation_status: str | None = "succeeded"
    min_poll_s: float = 5.0
    overlooked: frozenset[str] = frozenset()
    errors: Given = Given.AS_IT_IS
    warnings: Given = Given.AS_IT_IS
    extra_warnings: tuple[tuple[str, str], ...] = ()
    validated_files: Names = Names.AS_SENT
    last_action_off_s: float | None = 0.0

    auto_run_after_validate: bool = True
    run_duration_s: float | None = HOUR_S
    run_period_s: float = 12 * HOUR_S
    blocking_error: str | None = None
    append_domain: str = ""
    activity_word: str | None = None
    run_word: str | None = None
    idle_flow_activity: str | None = "skipped"
    activity_statistics: Activities = Activities.FLOWS
    totals: Given = Given.AS_IT_IS
    counts: Given = Given.AS_IT_IS

    switched_on: bool = True
    list_lag_reads: int = 0
    names_unique: bool = False
    links_left_out: frozenset[str] = frozenset()
    post_shows_links: bool = False
    unknown_years: frozenset[str] = frozenset()
    flow_settles_s: float | None = 60.0
    flow_settles_as: str = "ready"

    start_budget: int = 5
    start_window_s: float = 12 * HOUR_S
    start_skips_within_s: float = 10 * HOUR_S
    start_retry_after_s: int | None = None
    start_while_running_status: int = 409
    start_answer: Answer | None = None
