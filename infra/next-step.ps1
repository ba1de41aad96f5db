# What `azd provision` says at its end: what is left to do, with the ids filled in. Changes nothing.
$ErrorActionPreference = 'Stop'
$identity = $env:SYNC_IDENTITY_OBJECT_ID
if (-not $identity) { $identity = '<SYNC_IDENTITY_OBJECT_ID of: azd env get-values>' }
$app = $env:AZURE_FUNCTION_APP_NAME
if (-not $app) { $app = '<AZURE_FUNCTION_APP_NAME of: azd env get-values>' }
$landed = $env:READ_BACK_IDENTITY_OBJECT_ID
if (-not $landed) { $landed = '<READ_BACK_IDENTITY_OBJECT_ID of: azd env get-values>' }
$group = $env:AZURE_RESOURCE_GROUP
if (-not $group) { $group = '<AZURE_RESOURCE_GROUP of: azd env get-values>' }
Write-Output @"

What is left, if it is not done yet:

1. Let the app's identity speak to School Data Sync. A Privileged Role Administrator or a Global
   Administrator types, in this folder:

     az login --tenant <the school's tenant>
     .venv\Scripts\python infra\grant-graph.py --object-id $identity --what-if

   and, if that looks right, the last line without --what-if. To repeat it does no harm.
   Only where readBack is on, the identity that reads back gets roles of its own:

     .venv\Scripts\python infra\grant-graph.py --object-id $landed --with-read-back --what-if

2. Once the app is published, let it try everything itself:

     `$key = az functionapp function keys list -n $app -g $group --function-name check --query default -o tsv
     curl.exe -H "x-functions-key: `$key" https://$app.azurewebsites.net/api/check

docs/permissions.md and docs/api.md say more.
"@
