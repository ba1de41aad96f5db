"""TimetableManager: the two weeks, and the published lessons."""

from __future__ import annotations

from collections.abc import Iterator

from simulators.invented.places import Day
from simulators.isams.batch_index import BatchIndex
from simulators.isams.xmltext import element, leaf


def weeks(index: BatchIndex) -> Iterator[str]:
    for week in index.school.weeks:
        days = "".join(_day(day, ordinal) for ordinal, day in enumerate(week.days, start=1))
        yield element(
            "Week",
            [("Id", week.id)],
            [
                leaf("Name", week.name),
                leaf("ShortName", week.short_name),
                leaf("Ordinal", week.ordinal),
                leaf("Active", 1),
                f"      <Days>\n{days}      </Days>\n",
            ],
        )


def _day(day: Day, ordinal: int) -> str:
    periods = "".join(
        element(
            "Period",
            [("Id", period.id)],
            [
                leaf("Name", period.name),
                leaf("ShortName", period.short_name),
                leaf("StartTime", period.starts),
                leaf("EndTime", period.ends),
            ],
        )
        for period in day.periods
    )
    return element(
        "Day",
        [("Id", day.id)],
        [
            leaf("Name", day.name),
            leaf("ShortName", day.name[:3]),
            leaf("Day", day.number),
            leaf("Ordinal", ordinal),
            leaf("Active", 1),
            f"      <Periods>\n{periods}      </Periods>\n",
        ],
    )


def lessons(index: BatchIndex) -> Iterator[str]:
    for lesson in index.school.lessons:
        flag = int(lesson.for_set)
        yield element(
            "Schedule",
            [("Id", lesson.id)],
            [
                leaf("Code", lesson.code),
                leaf("Teacher", lesson.teacher),
                leaf("PeriodId", lesson.period_id),
                leaf("RoomId", lesson.room_id),
                # Misnamed in iSAMS: 1 for a set's lesson, 0 for a form's; never a set's id.
                leaf("SetId", flag),
                leaf("Set", flag),
            ],
        )


def before_lessons(index: BatchIndex) -> str:
    year = index.school.school_year
    return (
        f'<Timetable Id="7">\n<Name>{year}-{(year + 1) % 100:02}</Name>'
        f"<StartYear>{year}</StartYear><EndYear>{year + 1}</EndYear>\n<Schedules>\n"
    )


def after_lessons(index: BatchIndex) -> str:
    """Close the timetable, after a heads' meeting: a row for each who attends."""
    meetings = "".join(
        element(
            "StaffMeeting",
            [("Id", number)],
            [
                leaf("PeriodId", index.school.weeks[0].days[0].periods[0].id),
                leaf("TeacherId", employee.user_code),
                leaf("MeetingGroupId", 4),
                leaf("RoomId", index.school.buildings[0].id),
                leaf("DisplayName", "Heads & Deputies"),
            ],
        )
        for number, employee in enumerate(index.school.staff[:3], start=1)
    )
    return (
        f"</Schedules>\n<StaffMeetings>\n{meetings}</StaffMeetings>\n"
        "<YearSchedules/>\n<Tutorials/>\n</Timetable>\n"
    )
