// The keys of iSAMS, and whatever else is secret. App settings hold only references to them.

param location string
param tags object
param token string

@description('The object id of the app\'s identity.')
param principalId string

@description('Who is answered besides having a role: open, endpoints or private.')
param network string

@description('The subnet that the app is in. Empty: in none.')
param appSubnetId string

@description('Addresses that are answered even where the internet is not.')
param administratorAddresses string[]

@description('The workspace where it is written who reads. Empty: it is not written.')
param readersWorkspaceId string

@description('Take up the vault of this name that was deleted, with what is in it.')
param recover bool

@description('Values by setting name. What is left out stays as it is in the vault.')
@secure()
param secrets object

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: 'kv-sync-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    // Purge protection keeps the name of a deleted vault; Azure takes `recover` only where one is.
    // docs/reference/functions.md#vault-name
    createMode: recover ? 'recover' : 'default'
    sku: {
      family: 'A'
      name: 'standard'
    }
    enablePurgeProtection: true
    enableRbacAuthorization: true
    enableSoftDelete: true
    networkAcls: {
      // A deployment puts secrets in as a service of Azure's.
      bypass: 'AzureServices'
      defaultAction: network == 'open' ? 'Allow' : 'Deny'
      ipRules: network == 'open' ? [] : map(administratorAddresses, address => { value: address })
      virtualNetworkRules: network == 'endpoints' ? [{ id: appSubnetId }] : []
    }
    publicNetworkAccess: network == 'private' && empty(administratorAddresses) ? 'Disabled' : 'Enabled'
    // Every key in here can be had anew from iSAMS; a shorter wait frees the vault's name sooner.
    softDeleteRetentionInDays: 7
  }
}

// Who asks for a key, and who changes one: never its value.
// No newer version is out, and the one that is no preview knows no tables of their own.
#disable-next-line use-recent-api-versions
resource readers 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(readersWorkspaceId)) {
  scope: vault
  name: 'readers'
  properties: {
    workspaceId: readersWorkspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

// A secret's name has no underscores: SCHOOLS__NORTHBANK__ISAMS_KEY is
// SCHOOLS--NORTHBANK--ISAMS-KEY here. app.bicep says the same.
resource values 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = [
  for secret in items(secrets): {
    parent: vault
    name: replace(secret.key, '_', '-')
    properties: {
      contentType: contains(string(secret.value), '-----BEGIN') ? 'application/x-pem-file' : 'text/plain'
      value: secret.value
    }
  }
]

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, secretsUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

output vaultId string = vault.id
output vaultName string = vault.name
