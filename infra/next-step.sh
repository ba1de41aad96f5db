#!/bin/sh
# What `azd provision` says at its end: what is left to do, with the ids filled in. Changes nothing.
set -eu
identity=${SYNC_IDENTITY_OBJECT_ID:-"<SYNC_IDENTITY_OBJECT_ID of: azd env get-values>"}
app=${AZURE_FUNCTION_APP_NAME:-"<AZURE_FUNCTION_APP_NAME of: azd env get-values>"}
landed=${READ_BACK_IDENTITY_OBJECT_ID:-"<READ_BACK_IDENTITY_OBJECT_ID of: azd env get-values>"}
group=${AZURE_RESOURCE_GROUP:-"<AZURE_RESOURCE_GROUP of: azd env get-values>"}
cat <<TEXT

What is left, if it is not done yet:

1. Let the app's identity speak to School Data Sync. A Privileged Role Administrator or a Global
   Administrator types, in this folder:

     az login --tenant <the school's tenant>
     .venv/bin/python infra/grant-graph.py --object-id $identity --what-if

   and, if that looks right, the last line without --what-if. To repeat it does no harm.
   Only where readBack is on, the identity that reads back gets roles of its own:

     .venv/bin/python infra/grant-graph.py --object-id $landed --with-read-back --what-if

2. Once the app is published, let it try everything itself:

     KEY=\$(az functionapp function keys list -n $app -g $group --function-name check --query default -o tsv)
     curl -H "x-functions-key: \$KEY" https://$app.azurewebsites.net/api/check

docs/permissions.md and docs/api.md say more.
TEXT
