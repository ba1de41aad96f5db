"""References that the platform reads a value from: one that arrives as it stands was not followed.

Where its brackets are not right, that is why, and role, network and spelling need no look.
"""

from __future__ import annotations

# By how it begins, in small letters: docs/reference/functions.md#key-vault-reference
_NOT_FOLLOWED = {
    "@microsoft.keyvault(": (
        "the Key Vault reference was not resolved. Check that the app's identity has the role"
        ' "Key Vault Secrets User", that the app can reach the vault, and that vault and secret are'
        " spelt right; the portal shows the reason under Environment variables"
    ),
    "@microsoft.appconfiguration(": (
        "the App Configuration reference was not resolved. Check that the app's identity has the"
        ' role "App Configuration Data Reader", that the app can reach the store, and that store,'
        " key and label are spelt right; the portal shows the reason under Environment variables"
    ),
}
# docs/reference/functions.md#lost-bracket
_WAY = (
    ": az in PowerShell takes brackets and quotation marks away. Give a file, as docs/settings.md"
    ' shows: --settings "@file.json"; or set it in the portal'
)
_NO_BRACKET = "the closing bracket ) of the reference is missing" + _WAY
_BEHIND = "something stands behind the closing bracket ) of the reference" + _WAY
_BEFORE = "something stands before the @ of the reference" + _WAY


def unresolved(value: str) -> str:
    """Say of a reference that Azure did not follow what to look at, "" of another value."""
    text = value.strip().lower()
    begins = [(at, form) for form in _NOT_FOLLOWED if (at := text.find(form)) >= 0]
    if not begins:
        return ""
    at, form = min(begins)
    end = _end(text, at)
    if at:
        return _BEFORE
    if not end:
        return _NO_BRACKET
    return _NOT_FOLLOWED[form] if end == len(text) else _BEHIND


def _end(text: str, at: int) -> int:
    """Return where the reference that begins *at* ends, 0 if its bracket is never closed."""
    depth = 0
    for place, sign in enumerate(text[at:], at):
        depth += (sign == "(") - (sign == ")")
        if sign == ")" and not depth:
            return place + 1
    return 0
