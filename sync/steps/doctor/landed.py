"""Reading back: may its identity look, and does it alone hold what that takes?"""

from __future__ import annotations

from collections.abc import Iterator

from sync.edge.graph import identity
from sync.edge.graph.education_values import HOLDER, NEEDED_ROLES, READS_ACCOUNTS
from sync.errors import TargetRefused
from sync.settings import SdsSettings
from sync.steps.doctor.checks import Check, Note, Visit

_SIGN_IN = "sign-in to read back"
_ROLES = "roles to read back"
_APART = "roles to read back, apart"


def check_read_back(settings: SdsSettings, visit: Visit) -> Iterator[Check]:
    """Try the sign-in of the identity that reads back; nobody is asked after. Nothing where off."""
    if not settings.read_back:
        return
    tokens = identity.read_back_tokens(settings, visit.clock)
    signed_in = visit.examine(_SIGN_IN, tokens.token, lambda _: Note("signed in"))
    yield signed_in.check
    if signed_in.value is None:
        yield from visit.skipped((_ROLES,), _SIGN_IN)
    else:
        held = identity.roles_in(signed_in.value)
        yield visit.examine(_ROLES, lambda: held, _roles).check
    own = identity.graph_tokens(settings, visit.clock)
    yield visit.examine(_APART, lambda: identity.roles_in(own.token()), _apart).check


def _roles(held: frozenset[str]) -> Note:
    """Judge by the token: without either of the two nothing is looked at."""
    if lacking := [role for role in NEEDED_ROLES if role not in held]:
        raise TargetRefused(
            f"what is in Teams is not looked at: {HOLDER} lacks {' and '.join(lacking)}. Grant it"
            " with grant-graph.py --with-read-back (a role just granted can take up to a day to be"
            " seen)",
            missing=len(lacking),
        )
    if READS_ACCOUNTS in held:
        return Note("both, and accounts are seen")
    return Note(f"both; without {READS_ACCOUNTS}, which is optional, accounts stay unseen")


def _apart(held: frozenset[str]) -> Note:
    """Judge the token of the app's own identity: it must carry none of these roles."""
    roles = [role for role in (*NEEDED_ROLES, READS_ACCOUNTS) if role in held]
    if not roles:
        return Note("the app's own identity holds none of them")
    return Note(
        f"the app's own identity holds {', '.join(roles)} too",
        "take them off it in Entra: they are for the identity that reads back alone",
    )
