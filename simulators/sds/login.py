"""Entra's token endpoint for an application, and the documents that lead to it (reference §7).

A person's token carries `scp` where an application's carries `roles`.

A client assertion is read but its signature is not checked: no certificate is registered here.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import cast

from simulators.sds.calls import Call, RefusalError, Reply
from simulators.sds.tenant import Json, Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRAPH = "https://graph.microsoft.com"
SCOPE = f"{GRAPH}/.default"
FEDERATED = "api://AzureADTokenExchange"  # the app that reads back trusts the app's identity


def openid(call: Call) -> Reply:
    _demand_tenant(call)
    root = f"{call.login_url}/{call.values['tenant_id']}"
    return Reply(
        body={
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        }
    )


def token(call: Call) -> Reply:
    _demand_tenant(call)
    tenant, form = call.tenant, call.request.form
    if form.get("grant_type") != "client_credentials":
        raise RefusalError(400, "unsupported_grant_type", "AADSTS70003")
    # Graph's own resource, or that of the simulator where the client derives it from its URL.
    host = (tenant.base_url or call.here) + "/.default"
    if form.get("scope") not in {SCOPE, host}:
        raise RefusalError(400, "invalid_scope", "AADSTS70011")
    roles = _roles_of(call, form.get("client_id", ""))
    _demand_credential(call)
    lifetime_s = tenant.knobs.token_lifetime_s
    access_token = issued(tenant, {"roles": sorted(roles)}, roles, lifetime_s)
    return Reply(
        body={
            "token_type": "Bearer",
            "expires_in": int(lifetime_s),
            "ext_expires_in": int(lifetime_s),
            "access_token": access_token,
        }
    )


def _roles_of(call: Call, client_id: str) -> frozenset[str]:
    """Return what was granted to an app: to the one that sends, or to the one that reads back."""
    tenant = call.tenant
    if client_id == tenant.knobs.client_id:
        return tenant.knobs.roles
    if client_id == tenant.education_knobs.client_id:
        return tenant.education_knobs.roles
    raise RefusalError(400, "unauthorized_client", "AADSTS700016")


def person_token(tenant: Tenant, scopes: Iterable[str], lifetime_s: float) -> str:
    """Return the token of a person who consented to *scopes*, as Graph Explorer would show it."""
    granted = frozenset(scopes)
    return issued(tenant, {"scp": " ".join(sorted(granted))}, granted, lifetime_s)


def issued(tenant: Tenant, claims: Json, granted: frozenset[str], lifetime_s: float) -> str:
    """Return a token that Graph takes for *granted* until it ends, by the tenant's clock."""
    expires = tenant.after(lifetime_s)
    common = {"aud": GRAPH, "tid": tenant.tenant_id, "exp": int(expires.timestamp())}
    text = _unsigned({**common, **claims}, tenant.new_id())
    tenant.tokens[text] = expires, granted
    return text


def roles_of(call: Call) -> frozenset[str]:
    """Return the roles that the call's token carries; raise 401 without a living one."""
    scheme, _, bearer = call.request.headers.get("Authorization", "").partition(" ")
    expires, roles = call.tenant.tokens.get(bearer, (None, frozenset[str]()))
    if scheme != "Bearer" or expires is None or expires <= call.tenant.clock():
        raise RefusalError(401, "InvalidAuthenticationToken", "Access token is empty or expired.")
    return roles


def demand_role(call: Call, allowed: frozenset[str]) -> None:
    """Raise 401 without a living token, 403 if it carries none of the *allowed* roles or scopes."""
    if not roles_of(call) & allowed:
        raise RefusalError(403, "Forbidden", "Missing application role or scope.")


def _demand_tenant(call: Call) -> None:
    if call.values["tenant_id"] != call.tenant.tenant_id:
        raise RefusalError(400, "invalid_request", "AADSTS90002")


def _demand_credential(call: Call) -> None:
    form = call.request.form
    if form.get("client_assertion_type") == ASSERTION_TYPE:
        claims = _claims(form.get("client_assertion", ""))
        reads_back = form.get("client_id") == call.tenant.education_knobs.client_id
        if reads_back and claims.get("aud") == FEDERATED:
            return
        endpoint = f"{call.login_url}/{call.tenant.tenant_id}/oauth2/v2.0/token"
        held = (claims.get("iss"), claims.get("sub"), claims.get("aud"))
        if held != (form["client_id"], form["client_id"], endpoint):
            raise RefusalError(401, "invalid_client", "AADSTS700023")
    elif form.get("client_secret") != call.tenant.knobs.client_secret:
        raise RefusalError(401, "invalid_client", "AADSTS7000215")


def _claims(assertion: str) -> Json:
    try:
        _, claims, _ = assertion.split(".")
        return cast("Json", json.loads(base64.urlsafe_b64decode(claims + "===")))
    except (ValueError, binascii.Error):
        return {}


def _unsigned(claims: Json, serial: str) -> str:
    """A token in the shape of Entra's, so that a client may read what it carries."""
    head = {"alg": "none", "typ": "JWT"}
    parts = (json.dumps(part).encode() for part in (head, {**claims, "uti": serial}))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."
