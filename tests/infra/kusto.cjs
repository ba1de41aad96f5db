// Asks Microsoft's parser what is wrong with queries over the table `traces` of Application Insights.
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
const COLUMNS = {
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

function applicationInsights() {
  const columns = Object.entries(COLUMNS).flatMap(([type, names]) =>
    names.map((name) => `${name}: ${type}`),
  );
  const traces = new Symbols.TableSymbol.$ctor7("traces", `(${columns.join(", ")})`);
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("resource", [traces]));
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

const resource = applicationInsights();
const queries = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(queries.flatMap((query) => complaints(query, resource))));
