"""Time zones that name no place: they have no summer time, or nobody knows whose.

People in Britain write GMT and mean Europe/London. From March to October PULL_AT would be an hour
late, and so would the turn of the year. See docs/reference/functions.md#zone-without-place.
"""

from __future__ import annotations

_USUAL = "Europe/London"
# What people most likely mean; of all others the usual city is an example.
_CITIES = {
    "CET": "Europe/Paris",
    "CST6CDT": "America/Chicago",
    "EET": "Europe/Athens",
    "EST": "America/New_York",
    "EST5EDT": "America/New_York",
    "Egypt": "Africa/Cairo",
    "Eire": "Europe/Dublin",
    "HST": "Pacific/Honolulu",
    "Hongkong": "Asia/Hong_Kong",
    "Israel": "Asia/Jerusalem",
    "Jamaica": "America/Jamaica",
    "Japan": "Asia/Tokyo",
    "MET": "Europe/Paris",
    "MST": "America/Denver",
    "MST7MDT": "America/Denver",
    "NZ": "Pacific/Auckland",
    "PRC": "Asia/Shanghai",
    "PST8PDT": "America/Los_Angeles",
    "Poland": "Europe/Warsaw",
    "Portugal": "Europe/Lisbon",
    "ROC": "Asia/Taipei",
    "ROK": "Asia/Seoul",
    "Singapore": "Asia/Singapore",
    "Turkey": "Europe/Istanbul",
    "WET": "Europe/Lisbon",
}


def city_for(zone: str) -> str:
    """Return the city to write in place of *zone*, "" where it names a place itself."""
    if "/" in zone and not zone.startswith("Etc/"):
        return ""
    return _CITIES.get(zone, _USUAL)
