// What is in the resource group, and who may do what. Each module grants the app's identity
// the roles that it needs there, so the app is made last, when all of them are in force.

@description('The Azure region: pupils\' data stay there.')
param location string = resourceGroup().location

@description('Tags for everything.')
param tags object = {}

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

var token = uniqueString(resourceGroup().id)

// The platform compares ids: a name or a mail address here would never match, and nobody would see why.
var mayRead = map(
  watchReaders || empty(rosterReaders)
    ? rosterReaders
    : fail('rosterReaders: nobody watches who reads, so the list would do nothing. Take it out, or write: param watchReaders = true. See docs/deploying.md, Who has read rosters'),
  id => join(map(split(id, '-'), part => string(length(part))), '-') == '8-4-4-4-12' && empty(filter(range(0, length(id)), i => !contains('0123456789abcdefABCDEF-', substring(id, i, 1))))
    ? id
    : fail('rosterReaders: ${id} is no object id. Microsoft Entra shows the id of each person (Users) and program (Enterprise applications)')
)

// Rules that tell nobody look like rules that have nothing to tell.
var told = map(
  empty(alertAddresses)
    ? fail('alertAddresses: nobody would hear of a fault. Name one mail address at least, which is read in the holidays too')
    : alertAddresses,
  each => length(split(each, '@')) == 2 && !startsWith(each, '@') && !endsWith(each, '@') && each == trim(each) && length(split(replace(replace(each, ',', ' '), ';', ' '), ' ')) == 1
    ? each
    : fail('alertAddresses: \'${each}\' is no mail address. Write each address as an entry of its own, without blanks')
)

// A deployment that was written for an older version is told the line that it needs now; one that
// has that line beside the old ones keeps it.
var meant = network == 'open' && privateNetwork == true ? 'private' : network
var used = privateNetwork == null && publicVault == null
  ? network
  : fail('privateNetwork and publicVault are gone. Take both out, and write: param network = \'${meant}\'. See docs/deploying.md, Who reaches storage and vault')

// Storage takes neither /31 nor /32, and no IPv6: docs/reference/functions.md#storage-addresses
var single = map(administratorAddresses, each => endsWith(each, '/32') ? split(each, '/')[0] : each)
var storable = map(
  single,
  each => empty(each) || contains(each, ' ') || contains(each, ':') || endsWith(each, '/31') || startsWith(each, '10.') || startsWith(each, '192.168.')
    ? fail('administratorAddresses: storage does not take \'${each}\'. Write public IPv4 addresses one by one, or a range of /30 or larger')
    : each
)
var administrators = union([], map(
  storable,
  each => parseCidr(contains(each, '/') ? each : '${each}/32').network == split(each, '/')[0] && parseCidr(contains(each, '/') ? each : '${each}/32').cidr >= 8
    ? each
    : fail('administratorAddresses: \'${each}\' does not begin a range of /8 or smaller. Write the first address of the range')
))

// One address is a range of one here, unlike at storage. A blank one would be a range of many.
var ranges = map(
  callerAddresses,
  each => empty(each) || contains(each, ' ')
    ? fail('callerAddresses: \'${each}\' is no address. Write each address or range as an entry of its own, without blanks')
    : contains(each, '/') ? each : '${each}/${contains(each, ':') ? 128 : 32}'
)
var callers = map(ranges, each => '${parseCidr(each).network}/${parseCidr(each).cidr}')

module subnets './network.bicep' = if (used != 'open') {
  name: 'network'
  params: {
    location: location
    tags: tags
    token: token
    network: used
  }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-sync-${token}'
  location: location
  tags: tags
}

// Who may see who is in every class may not send, and the reverse.
resource readBackIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = if (readBack) {
  name: 'id-landed-${token}'
  location: location
  tags: tags
}

module storage './storage.bicep' = {
  name: 'storage'
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.properties.principalId
    network: used
    appSubnetId: used == 'open' ? '' : subnets!.outputs.appSubnetId
    administratorAddresses: administrators
    readersWorkspaceId: watchReaders ? insights.outputs.workspaceId : ''
  }
}

module vault './vault.bicep' = {
  name: 'vault'
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.properties.principalId
    network: used
    appSubnetId: used == 'open' ? '' : subnets!.outputs.appSubnetId
    administratorAddresses: administrators
    readersWorkspaceId: watchReaders ? insights.outputs.workspaceId : ''
    recover: recoverVault
    secrets: secrets
  }
}

module insights './insights.bicep' = {
  name: 'insights'
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.properties.principalId
  }
}

module doors './private.bicep' = if (used == 'private') {
  name: 'private'
  params: {
    location: location
    tags: tags
    token: token
    networkId: subnets!.outputs.networkId
    doorSubnetId: subnets!.outputs.doorSubnetId
    hostAccountId: storage.outputs.hostAccountId
    rostersAccountId: storage.outputs.rostersAccountId
    vaultId: vault.outputs.vaultId
  }
}

module app './app.bicep' = {
  name: 'app'
  params: {
    location: location
    tags: tags
    token: token
    identityId: identity.id
    identityClientId: identity.properties.clientId
    readBackIdentities: readBack ? { '${readBackIdentity.id}': {} } : {}
    readBackSettings: readBack
      ? {
          SDS__READ_BACK: 'on'
          SDS__READ_BACK_CLIENT_ID: readBackIdentity!.properties.clientId
        }
      : {}
    hostBlobUri: storage.outputs.hostBlobUri
    hostQueueUri: storage.outputs.hostQueueUri
    deploymentContainer: storage.outputs.deploymentContainer
    rostersUri: storage.outputs.rostersUri
    rostersContainer: storage.outputs.rostersContainer
    vaultName: vault.outputs.vaultName
    insightsConnection: insights.outputs.connection
    subnetId: used == 'open' ? '' : subnets!.outputs.appSubnetId
    authClientId: authClientId
    callerAddresses: callers
    schools: schools
    profiles: profiles
    defaults: defaults
    sds: sds
    secretSettings: secretSettings
    instanceMemoryMB: instanceMemoryMB
  }
  // The app starts once it can reach what it needs.
  dependsOn: [
    doors
  ]
}

module watching './watching.bicep' = {
  name: 'watching'
  params: {
    location: location
    tags: tags
    token: token
    insightsId: insights.outputs.insightsId
    workspaceId: insights.outputs.workspaceId
    watchReaders: watchReaders
    readers: concat([identity.properties.principalId], mayRead)
    alertAddresses: told
  }
}

// Last: should Azure refuse it, everything else stands.
module retention './retention.bicep' = if (shortLogs || watchReaders) {
  name: 'retention'
  params: {
    workspaceName: insights.outputs.workspaceName
    shortLogs: shortLogs
    watchReaders: watchReaders
  }
  dependsOn: [
    app
    watching
  ]
}

output appName string = app.outputs.appName
output vaultName string = vault.outputs.vaultName
output identityObjectId string = identity.properties.principalId
output identityClientId string = identity.properties.clientId
output readBackObjectId string = readBack ? readBackIdentity!.properties.principalId : ''
