"""What SDS makes of what came in: sets of provisioning flows, read only (reference §4.11)."""

from __future__ import annotations

from simulators.sds.calls import Call, Reply, by_id, collection
from simulators.sds.objects import (
    NAMESPACE,
    AdministrativeUnits,
    ClassGroups,
    FlowSet,
    ProvisioningFlow,
    SecurityGroups,
    Users,
)
from simulators.sds.tenant import Json
from simulators.sds.words import told


def flow_sets(call: Call) -> Reply:
    items = [_set_json(call, one) for one in call.tenant.flow_sets]
    return Reply(body=collection(call, "outboundProvisioningFlowSets", items))


def flow_set(call: Call) -> Reply:
    return Reply(body=_set_json(call, _set(call)))


def flows(call: Call) -> Reply:
    items = [_flow_json(call, one) for one in _set(call).flows]
    return Reply(body=collection(call, "outboundProvisioningFlowSets/provisioningFlows", items))


def flow(call: Call) -> Reply:
    found = by_id(_set(call).flows, call.values["provisioning_flow_id"], "provisioning flow")
    return Reply(body=_flow_json(call, found))


def _set(call: Call) -> FlowSet:
    return by_id(call.tenant.flow_sets, call.values["set_id"], "outbound flow set")


def _set_json(call: Call, one: FlowSet) -> Json:
    chosen: Json | None = None
    if one.org_ids is not None:
        kind = f"{NAMESPACE}basicFilter"
        chosen = {"@odata.type": kind, "attribute": "orgExternalId", "in": [*one.org_ids]}
    body: Json = {
        "id": one.id,
        "displayName": one.name,
        "filter": chosen,
        "createdDateTime": None,
        "lastModifiedDateTime": None,
    }
    if call.expands("provisioningFlows"):
        body["provisioningFlows"] = [_flow_json(call, each) for each in one.flows]
    return body


def _flow_json(call: Call, one: ProvisioningFlow) -> Json:
    word = None if one.readiness is None else told(call, "readinessStatus", one.readiness)
    return {
        "@odata.type": NAMESPACE + one.kind,
        "id": one.id,
        "readinessStatus": word,
        "createdDateTime": None,
        "lastModifiedDateTime": None,
        **_own(one),
    }


def _own(one: ProvisioningFlow) -> Json:
    match one:
        case ClassGroups():
            return {"configuration": _class_groups(one)}
        case Users():
            return _users(one)
        case SecurityGroups():
            options = {
                "createBasedOnRoleGroup": one.by_role_group,
                "createBasedOnOrgPlusRoleGroup": one.by_org_and_role_group,
            }
            return {"creationOptions": options}
        case AdministrativeUnits():
            options = {
                "createBasedOnOrg": one.by_org,
                "createBasedOnOrgPlusRoleGroup": one.by_org_and_role_group,
            }
            return {"creationOptions": options}
        case _:
            raise TypeError(one.kind)


def _class_groups(one: ClassGroups) -> Json:
    return {
        "additionalAttributes": _listed(one.attributes),
        "additionalOptions": {
            "createTeam": one.create_team,
            "writeDisplayNameOnCreateOnly": one.name_on_create_only,
        },
        "enrollmentMappings": {
            "ownerEnrollmentMappings": _coded(one.owners),
            "memberEnrollmentMappings": _coded(one.members),
        },
    }


def _users(one: Users) -> Json:
    options = {
        "allowStudentContactAssociation": one.contacts,
        "markAllStudentsAsMinors": None,  # ended on 15 October 2025 (reference §11)
        "studentAgeGroup": one.age_group,
    }
    return {
        "createUnmatchedUsers": one.create_unmatched,
        "creationOptions": None,
        "managementOptions": {
            "additionalAttributes": _listed(one.attributes),
            "additionalOptions": options,
        },
    }


def _listed(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else [*words]


def _coded(codes: tuple[str, ...] | None) -> list[Json] | None:
    return None if codes is None else [{"code": code} for code in codes]
