"""Whose account is whose: by an id on both sides and a surname that agrees, and else nobody's."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random

import pytest

from sync.isams.addresses.kinds import PeopleKind
from sync.isams.addresses.matching import Account, MatchedRecords, MatchRules, SharedId, match
from sync.isams.addresses.reasons import Reason
from sync.isams.addresses.surnames import agree
from sync.isams.datasets import PUPILS
from sync.isams.school import Employee, Pupil, School

DAY = date(2026, 9, 14)
DOMAINS = frozenset({"northbank.example"})
BY_CODE = SharedId("employeeId", "schoolCode")
RULES = MatchRules({PeopleKind.PUPILS: BY_CODE}, DOMAINS)
PUPIL = Pupil("S1", 7, "", "Ada", "Ashdown", code="A1")
ACCOUNT = Account("aashdown@northbank.example", "Ashdown", enabled=True, kind="member", key="A1")


def school(*pupils: Pupil, staff: tuple[Employee, ...] = ()) -> School:
    """Return a school of these people and nothing else."""
    return School(
        subjects={},
        employees={each.id: each for each in staff},
        pupils={each.id: each for each in pupils},
        sets={},
        repeated={},
        counts={},
    )


def matched(of: School, *accounts: Account, rules: MatchRules = RULES) -> MatchedRecords:
    return match(PeopleKind.PUPILS, of, accounts, rules, DAY)


def reason(of: School, *accounts: Account, rules: MatchRules = RULES) -> Reason:
    found = matched(of, *accounts, rules=rules)
    assert not found.proposals
    return next(iter(found.left_out)).reason


def test_the_user_name_of_the_one_account_is_proposed() -> None:
    """As rosters have it: in small letters."""
    account = replace(ACCOUNT, user_name="AAshdown@Northbank.example")
    (proposal,) = matched(school(PUPIL), account).proposals

    assert (proposal.record.id, proposal.address) == ("S1", "aashdown@northbank.example")


def test_who_has_an_address_is_asked_for_nothing() -> None:
    """Neither proposed nor left out, whatever the address is worth."""
    found = matched(school(replace(PUPIL, email="nonsense")), ACCOUNT)

    assert (list(found.proposals), list(found.left_out)) == ([], [])


LEFT_OUT = {
    Reason.NO_ACCOUNT: (PUPIL, [replace(ACCOUNT, key="A1 ")]),
    Reason.TWO_ACCOUNTS: (PUPIL, [ACCOUNT, replace(ACCOUNT, user_name="b@northbank.example")]),
    Reason.DISABLED: (PUPIL, [replace(ACCOUNT, enabled=False)]),
    Reason.GUEST: (PUPIL, [replace(ACCOUNT, kind="guest")]),
    Reason.OTHER_DOMAIN: (PUPIL, [replace(ACCOUNT, user_name="a@sub.northbank.example")]),
    Reason.BAD_ADDRESS: (PUPIL, [replace(ACCOUNT, user_name="a..b@northbank.example")]),
    Reason.NAME_DIFFERS: (PUPIL, [replace(ACCOUNT, surname="Ashdowne")]),
}


@pytest.mark.parametrize("code", LEFT_OUT)
def test_each_reason_leaves_a_record_out(code: Reason) -> None:
    """With that code, and no address."""
    pupil, accounts = LEFT_OUT[code]

    assert reason(school(pupil), *accounts) is code
    assert matched(school(pupil), *accounts).counts == {code: 1}


def test_an_id_of_two_records_is_nobodys() -> None:
    """Also where the other record has its address."""
    other = replace(PUPIL, id="S2", email="other@northbank.example")

    assert reason(school(PUPIL, other), ACCOUNT) is Reason.TWO_RECORDS


def test_an_id_that_a_member_of_staff_has_too_is_nobodys() -> None:
    """Where both kinds are looked for in one attribute."""
    both = replace(RULES, matches={**RULES.matches, PeopleKind.STAFF: SharedId("employeeId", "id")})
    apart = replace(
        RULES,
        matches={**RULES.matches, PeopleKind.STAFF: SharedId("extensionAttribute1", "id")},
    )
    of = school(PUPIL, staff=(Employee("A1", "x@northbank.example", "Bo", "Ashdown"),))

    assert reason(of, ACCOUNT, rules=both) is Reason.TWO_RECORDS
    assert len(matched(of, ACCOUNT, rules=apart).proposals) == 1


def test_an_id_that_isams_listed_twice_is_nobodys() -> None:
    """Only the first of its records was kept, and the account may be the other's."""
    assert reason(replace(school(PUPIL), repeated={PUPILS.name: ("S1",)}), ACCOUNT) is (
        Reason.TWO_RECORDS
    )


@pytest.mark.parametrize("kind", ["pupil", "staff"])
def test_an_address_in_use_is_not_given_twice(kind: str) -> None:
    """Whoever has it, in whatever case."""
    email = "AASHDOWN@northbank.example"
    if kind == "pupil":
        of = school(PUPIL, replace(PUPIL, id="S2", code="A2", email=email))
    else:
        of = school(PUPIL, staff=(Employee("41", email, "Bo", "Bell"),))

    assert reason(of, ACCOUNT) is Reason.IN_USE


def test_two_records_never_get_one_address() -> None:
    """Should Entra give one user name to two ids, neither is believed."""
    other = replace(PUPIL, id="S2", code="A2")
    found = matched(school(PUPIL, other), ACCOUNT, replace(ACCOUNT, key="A2"))

    assert found.counts == {Reason.IN_USE: 2}


def test_a_record_without_the_id_matches_no_account_without_it() -> None:
    """Nothing is not an id."""
    assert reason(school(replace(PUPIL, code="")), replace(ACCOUNT, key="")) is Reason.NO_ACCOUNT


def test_whoever_has_left_the_staff_gets_none() -> None:
    """By a past leaving date; whose last day is to come is still here."""
    rules = MatchRules({PeopleKind.STAFF: SharedId("employeeId", "id")}, DOMAINS)
    here, gone = (
        Employee(key, "", "Bo", "Bell", leaves_on=day)
        for key, day in (("41", DAY), ("42", date(2026, 9, 13)))
    )
    found = match(PeopleKind.STAFF, school(staff=(here, gone)), [], rules, DAY)

    assert [each.record.id for each in found.left_out] == ["41"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ashdown", "ASHDOWN", True),
        ("Ashdown-Bell", "ashdown bell", True),
        ("Ashdown\u2010Bell", "AshdownBell", True),
        ("Núñez", "Nunez", True),
        ("Nu\u0301n\u0303ez", "Núñez", True),
        ("O'Dell", "ODell", False),
        ("Ashdown", "Ashdowne", False),
        ("", "", False),
        ("-", " ", False),
        ("\u0915\u093f", "\u0915\u0941", False),  # two vowels of Devanagari
    ],
)
def test_surnames_agree_but_for_case_accents_blanks_and_hyphens(
    one: str, other: str, *, same: bool
) -> None:
    """Nothing else is left aside, and nothing agrees with nothing."""
    assert agree(one, other) is same
    assert agree(other, one) is same


SURNAMES = ("Ashdown", "Bell", "Carr", "Núñez", "de Wit", "Éluard")


def _entra_and_isams(rng: Random) -> tuple[School, list[Account]]:
    """Return a school and its accounts, with twins, families and ids that somebody exchanged."""
    pupils, accounts = [], []
    for number in range(rng.randrange(2, 14)):
        surname = rng.choice(SURNAMES)
        code = f"A{rng.randrange(20)}" if rng.random() < 0.2 else f"A{100 + number}"
        held = f"p{number}@northbank.example" if rng.random() < 0.3 else ""
        pupils.append(Pupil(f"S{number}", 7, held, rng.choice("AB"), surname, code=code))
        accounts.append(
            Account(
                f"p{number}@{rng.choice(['northbank.example', 'Northbank.example', 'x.example'])}",
                rng.choice([surname, surname.upper(), surname.replace(" ", "-"), "Other", ""]),
                enabled=rng.random() < 0.9,
                kind=rng.choice(["member", "member", "member", "guest", ""]),
                key=rng.choice([code, code, code, "", f"A{rng.randrange(20)}"]),
            )
        )
    if rng.random() < 0.5:  # the ids of two accounts are exchanged
        one, other = rng.randrange(len(accounts)), rng.randrange(len(accounts))
        keys = accounts[one].key, accounts[other].key
        accounts[one] = replace(accounts[one], key=keys[1])
        accounts[other] = replace(accounts[other], key=keys[0])
    rng.shuffle(accounts)
    return school(*pupils), accounts


def test_no_address_lands_on_a_record_of_another_surname() -> None:
    """In 1,000 random pairs of iSAMS and Entra: one id, one account, one record, one surname."""
    proposed = Counter[str]()
    for seed in range(1_000):
        of, accounts = _entra_and_isams(Random(seed))
        found = matched(of, *accounts)
        in_use = {pupil.email for pupil in of.pupils.values()}
        addresses = [each.address for each in found.proposals]
        for each in found.proposals:
            pupil = of.pupils[each.record.id]
            (account,) = (one for one in accounts if one.key == pupil.code)
            assert agree(account.surname, pupil.surname)
            assert account.user_name.lower() == each.address
            assert (account.enabled, account.kind) == (True, "member")
            assert [one.code for one in of.pupils.values()].count(pupil.code) == 1
        assert len(set(addresses)) == len(addresses)
        assert in_use.isdisjoint(addresses)
        lacking = sum(not pupil.email for pupil in of.pupils.values())
        assert len(addresses) + len(found.left_out) == lacking
        proposed["addresses"] += len(addresses)
        proposed.update(found.counts.keys())

    assert proposed["addresses"] > 500
    assert set(proposed) - {"addresses"} == set(Reason) - {Reason.BAD_ADDRESS}
