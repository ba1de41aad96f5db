// All that one school, or one group of schools, needs in Azure: a resource group and what is in it.
// `azd up` deploys this file. Who may only use a group that exists deploys resources.bicep to it.

targetScope = 'subscription'

@description('What this deployment is called. Part of the resource group\'s name.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('The Azure region: pupils\' data stay there.')
param location string

@description('Schools by key, each with its settings: see docs/settings.md, SCHOOLS__. No secrets.')
param schools object

@description('Profiles by key, each with its settings: see docs/settings.md, PROFILES__.')
param profiles object

@description('What each school or profile takes that it does not say: see docs/settings.md, DEFAULTS__.')
param defaults object = {}

@description('Settings of SDS by name without SDS__, such as CONNECTOR. No secrets.')
param sds object

@description('Names of the settings that the app reads from the Key Vault.')
param secretSettings string[]

@description('Values for the Key Vault by setting name. What is left out stays as it is there.')
@secure()
param secrets object = {}

@description('Who gets a mail when something needs a person.')
param alertAddresses string[]

@description('Who reaches storage and vault: open (whoever has a role), endpoints or private.')
@allowed([
  'open'
  'endpoints'
  'private'
])
param network string = 'open'

@description('Addresses that storage and vault answer to where `network` is not open.')
param administratorAddresses string[] = []

@description('Addresses that may call the HTTP routes, publishing apart. Empty: any.')
param callerAddresses string[] = []

@description('Not used any more: `network` has taken its place.')
param privateNetwork bool?

@description('Not used any more: `network` has taken its place.')
param publicVault bool?

@description('Take up the Key Vault that `azd down` deleted, with its secrets. Only for that once.')
param recoverVault bool = false

@description('Memory of an instance in MB. Which serves how many pupils: docs/operations.md, Limits of size.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int = length(schools) <= 10 ? 512 : 2048

@description('Keep log lines 30 days. Only if Azure refuses to set that: false, and they stay 90.')
param shortLogs bool = true

@description('Write down for a year who reads rosters and keys; tell if somebody else reads rosters.')
param watchReaders bool = true

@description('Object ids of people who may read rosters without anybody being told.')
param rosterReaders string[] = []

@description('Look once a day what reached Teams, by an identity of its own: docs/operations.md, See what is in Teams.')
param readBack bool = false

@description('The app registration that callers sign in to. Empty: no sign-in, function keys only.')
param authClientId string = ''

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: {
    'azd-env-name': environmentName
  }
}

module resources './resources.bicep' = {
  name: 'resources'
  scope: group
  params: {
    location: location
    tags: {
      'azd-env-name': environmentName
    }
    schools: schools
    profiles: profiles
    defaults: defaults
    sds: sds
    secretSettings: secretSettings
    secrets: secrets
    alertAddresses: alertAddresses
    network: network
    administratorAddresses: administratorAddresses
    callerAddresses: callerAddresses
    privateNetwork: privateNetwork
    publicVault: publicVault
    recoverVault: recoverVault
    instanceMemoryMB: instanceMemoryMB
    shortLogs: shortLogs
    watchReaders: watchReaders
    rosterReaders: rosterReaders
    readBack: readBack
    authClientId: authClientId
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = resources.outputs.appName
output AZURE_KEY_VAULT_NAME string = resources.outputs.vaultName
output SYNC_IDENTITY_OBJECT_ID string = resources.outputs.identityObjectId
output SYNC_IDENTITY_CLIENT_ID string = resources.outputs.identityClientId
output READ_BACK_IDENTITY_OBJECT_ID string = resources.outputs.readBackObjectId
