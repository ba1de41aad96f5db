// Asks Microsoft's parser what is wrong with queries over `traces` of Application Insights, and over what
// storage and Key Vault write about their callers.
// In: [{"name", "text"}] as JSON. Out: [{"name", "line", "column", "message"}], lines counted from 1.
"use strict";

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const installed = createRequire(join(__dirname, "..", "azurite", "package.json"));
installed("@kusto/language-service-next/bridge.min.js"); // what the next one runs on
installed("@kusto/language-service-next/Kusto.Language.Bridge.min.js");

const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;

// docs/reference/functions.md#traces-columns
const TRACES = {
  datetime: ["timestamp"],
  dynamic: ["customDimensions", "customMeasurements"],
  int: ["itemCount", "severityLevel"],
  string: [
    "appId", "appName", "application_Version", "client_Browser", "client_City",
    "client_CountryOrRegion", "client_IP", "client_Model", "client_OS", "client_StateOrProvince",
    "client_Type", "cloud_RoleInstance", "cloud_RoleName", "iKey", "itemId", "itemType", "message",
    "operation_Id", "operation_Name", "operation_ParentId", "operation_SyntheticSource",
    "sdkVersion", "session_Id", "user_AccountId", "user_AuthenticatedId", "user_Id",
  ],
};

// docs/reference/functions.md#reader-columns
const BLOBS = {
  datetime: ["LastModifiedTime", "TimeGenerated"],
  dynamic: ["AuthorizationDetails"],
  int: ["OperationCount"],
  long: [
    "ContentLengthHeader", "RequestBodySize", "RequestHeaderSize", "ResponseBodySize",
    "ResponseHeaderSize",
  ],
  real: ["DurationMs", "ServerLatencyMs", "_BilledSize"],
  string: [
    "AccessTier", "AccountName", "AuthenticationHash", "AuthenticationType", "CallerIpAddress",
    "Category", "ClientRequestId", "ConditionsUsed", "CorrelationId", "DestinationUri", "Etag",
    "Location", "MetricResponseType", "ObjectKey", "OperationName", "OperationVersion", "Protocol",
    "ReferrerHeader", "RehydratePriority", "RequestMd5", "RequesterAppId", "RequesterAudience",
    "RequesterObjectId", "RequesterTenantId", "RequesterTokenIssuer", "RequesterUpn",
    "ResponseMd5", "SasExpiryStatus", "SchemaVersion", "ServiceType", "SourceAccessTier",
    "SourceSystem", "SourceUri", "StatusCode", "StatusText", "TenantId", "TlsVersion", "Type",
    "Uri", "UserAgentHeader", "_IsBillable", "_ResourceId", "_SubscriptionId",
  ],
};
const VAULT = {
  bool: [
    "EnablePurgeProtection", "EnableRbacAuthorization", "EnableSoftDelete", "EnabledForDeployment",
    "EnabledForDiskEncryption", "EnabledForTemplateDeployment", "IsAccessPolicyMatch",
    "IsAddressAuthorized", "IsRbacAuthorized",
  ],
  datetime: ["TimeGenerated"],
  dynamic: [
    "CertificateIssuerProperties", "CertificatePolicyProperties", "CertificateProperties",
    "CertificateRequestProperties", "Identity", "KeyProperties", "NetworkAcls", "Nsp", "Properties",
    "SecretProperties", "Sku", "StorageAccountProperties", "StorageSasDefinitionProperties",
    "VaultProperties",
  ],
  int: ["DurationMs", "HttpStatusCode", "SoftDeleteRetentionInDays"],
  real: ["_BilledSize"],
  string: [
    "AddressAuthorizationType", "Algorithm", "AppliedAssignmentId", "CallerIpAddress", "ClientInfo",
    "CorrelationId", "HsmPoolResourceId", "Id", "OperationName", "OperationVersion", "RequestUri",
    "ResultDescription", "ResultSignature", "ResultType", "SourceSystem", "SubnetId", "TenantId",
    "Tlsversion", "TrustedService", "Type", "_IsBillable", "_ResourceId", "_SubscriptionId",
  ],
};
const TABLES = { traces: TRACES, StorageBlobLogs: BLOBS, AZKVAuditLogs: VAULT };

function known() {
  const tables = Object.entries(TABLES).map(([table, kinds]) => {
    const columns = Object.entries(kinds).flatMap(([kind, names]) =>
      names.map((name) => `${name}: ${kind}`),
    );
    return new Symbols.TableSymbol.$ctor7(table, `(${columns.join(", ")})`);
  });
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("resource", tables));
}

function complaints({ name, text }, resource) {
  const found = KustoCode.ParseAndAnalyze(text, resource).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, index) => {
    const one = found.getItem(index);
    const before = text.slice(0, one.Start).split("\n");
    const column = before[before.length - 1].length + 1;
    return { name, line: before.length, column, message: one.Message };
  });
}

const resource = known();
const queries = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(queries.flatMap((query) => complaints(query, resource))));
