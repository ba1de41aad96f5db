// Two storage accounts. The host's holds the app's package, the queues and the host's own locks
// and keys. The rosters' holds children's data and nothing else, so that whoever looks after the
// app need not be able to read them. Nobody signs in to either with a key.

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

@description('When a blob goes even if the app did not sweep it, in days.')
@minValue(370)
param sweepAfterDays int = 400

var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'

resource host 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: 'sthost${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    networkAcls: {
      bypass: 'None'
      defaultAction: network == 'open' ? 'Allow' : 'Deny'
      ipRules: network == 'open' ? [] : map(administratorAddresses, address => { action: 'Allow', value: address })
      virtualNetworkRules: network == 'endpoints' ? [{ action: 'Allow', id: appSubnetId }] : []
    }
    publicNetworkAccess: network == 'private' && empty(administratorAddresses) ? 'Disabled' : 'Enabled'
    supportsHttpsTrafficOnly: true
  }
}

resource hostBlobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: host
  name: 'default'
}

resource deployments 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {
  parent: hostBlobs
  name: 'deployments'
  properties: {
    publicAccess: 'None'
  }
}

resource hostQueues 'Microsoft.Storage/storageAccounts/queueServices@2025-08-01' = {
  parent: host
  name: 'default'
}

// The app makes these if they are missing; here they exist before the first message.
resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-08-01' = [
  for queue in ['sync-pull', 'sync-send', 'sync-read-back']: {
    parent: hostQueues
    name: queue
  }
]

// Services of Azure's own, such as the one that follows the rule below, are let in here.
resource rosters 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: 'strosters${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: network == 'open' ? 'Allow' : 'Deny'
      ipRules: network == 'open' ? [] : map(administratorAddresses, address => { action: 'Allow', value: address })
      virtualNetworkRules: network == 'endpoints' ? [{ action: 'Allow', id: appSubnetId }] : []
    }
    publicNetworkAccess: network == 'private' && empty(administratorAddresses) ? 'Disabled' : 'Enabled'
    supportsHttpsTrafficOnly: true
  }
}

// Versions would keep what is deleted. What is deleted can be had back for a week, then is gone.
resource rosterBlobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: rosters
  name: 'default'
  properties: {
    isVersioningEnabled: false
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {
  parent: rosterBlobs
  name: 'rosters'
  properties: {
    publicAccess: 'None'
  }
}

// Who reads and who deletes, each with object id and address: nothing of what is read.
// No newer version is out, and the one that is no preview knows no tables of their own.
#disable-next-line use-recent-api-versions
resource readers 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(readersWorkspaceId)) {
  scope: rosterBlobs
  name: 'readers'
  properties: {
    workspaceId: readersWorkspaceId
    // A table of its own, which has columns and a time to be kept of its own.
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      {
        category: 'StorageRead'
        enabled: true
      }
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

// The second sweep. The app's own is finer: rosters after a week, receipts after a year. A rule
// here can tell neither from the other, so it waits for longer than both. Only what SDS holds may
// be older in the app's eyes: after a year without a change the next delivery waits for a person.
// Not identity/: what a person said of which Team is whose holds as long as the classes do, which
// with legacy ids is for ever, and it is no roster.
resource sweep 'Microsoft.Storage/storageAccounts/managementPolicies@2025-08-01' = {
  parent: rosters
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          enabled: true
          name: 'forgotten'
          type: 'Lifecycle'
          definition: {
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: sweepAfterDays
                }
              }
            }
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: [
                '${container.name}/addresses/'
                '${container.name}/check/'
                '${container.name}/connectors/'
                '${container.name}/profiles/'
                '${container.name}/schools/'
                '${container.name}/sweeps/'
              ]
            }
          }
        }
      ]
    }
  }
}

// The host makes containers of its own, and leases blobs: that takes the owner's role.
resource hostBlobsRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: host
  name: guid(host.id, principalId, blobDataOwner)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataOwner)
  }
}

// The whole account, because the host makes the poison queues itself.
resource hostQueuesRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: host
  name: guid(host.id, principalId, queueDataContributor)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataContributor)
  }
}

resource rostersRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: container
  name: guid(container.id, principalId, blobDataContributor)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
  }
}

output hostAccountId string = host.id
output hostBlobUri string = host.properties.primaryEndpoints.blob
output hostQueueUri string = host.properties.primaryEndpoints.queue
output deploymentContainer string = deployments.name
output rostersAccountId string = rosters.id
output rostersUri string = rosters.properties.primaryEndpoints.blob
output rostersContainer string = container.name
