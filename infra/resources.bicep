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

@description('Settings of SDS by name without SDS__, such as CONNECTOR. No secrets.')
param sds object

@description('Names of the settings that the app reads from the Key Vault.')
param secretSettings string[]

@description('Values for the Key Vault by setting name. What is left out stays as it is there.')
@secure()
param secrets object = {}

@description('Who gets a mail when something needs a person.')
param alertAddresses string[]

@description('Private endpoints for storage and Key Vault, and none of them on the internet.')
param privateNetwork bool = false

@description('Leave the Key Vault on the internet, behind its roles, even with a private network.')
param publicVault bool = !privateNetwork

@description('Take up the Key Vault that `azd down` deleted, with its secrets. Only for that once.')
param recoverVault bool = false

@description('Keep log lines 30 days. Only if Azure refuses to set that: false, and they stay 90.')
param shortLogs bool = true

@description('The app registration that callers sign in to. Empty: no sign-in, function keys only.')
param authClientId string = ''

var token = uniqueString(resourceGroup().id)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-sync-${token}'
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
    public: !privateNetwork
  }
}

module vault './vault.bicep' = {
  name: 'vault'
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.properties.principalId
    public: publicVault
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

module network './network.bicep' = if (privateNetwork) {
  name: 'network'
  params: {
    location: location
    tags: tags
    token: token
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
    hostBlobUri: storage.outputs.hostBlobUri
    hostQueueUri: storage.outputs.hostQueueUri
    deploymentContainer: storage.outputs.deploymentContainer
    rostersUri: storage.outputs.rostersUri
    rostersContainer: storage.outputs.rostersContainer
    vaultName: vault.outputs.vaultName
    insightsConnection: insights.outputs.connection
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    authClientId: authClientId
    schools: schools
    profiles: profiles
    sds: sds
    secretSettings: secretSettings
  }
}

module watching './watching.bicep' = {
  name: 'watching'
  params: {
    location: location
    tags: tags
    token: token
    insightsId: insights.outputs.insightsId
    alertAddresses: alertAddresses
  }
}

// Last: should Azure refuse it, everything else stands.
module retention './retention.bicep' = if (shortLogs) {
  name: 'retention'
  params: {
    workspaceName: insights.outputs.workspaceName
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
