// The network that the app is in, made before storage and vault so that their rules can name it.
// iSAMS and Microsoft Graph are reached over the internet as before.

param location string
param tags object
param token string

@description('How the app reaches storage and vault: endpoints or private.')
param network string

// With service endpoints, storage and vault see calls of the app as calls of its subnet.
// docs/reference/functions.md#service-endpoints
var serviceEndpoints = [
  { service: 'Microsoft.Storage', locations: [location] }
  { service: 'Microsoft.KeyVault', locations: ['*'] }
]

resource virtualNetwork 'Microsoft.Network/virtualNetworks@2025-07-01' = {
  name: 'vnet-sync-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        '10.0.0.0/24'
      ]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.0.0.0/26'
          // iSAMS, Graph and SDS are on the internet, and a new subnet may have no way there
          // unless that is said. docs/reference/functions.md#default-outbound
          defaultOutboundAccess: true
          delegations: [
            {
              name: 'functions'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
          serviceEndpoints: network == 'endpoints' ? serviceEndpoints : []
        }
      }
      // For private endpoints. It is there without them too: else nobody could go from one to the other.
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '10.0.0.64/26'
          defaultOutboundAccess: false
        }
      }
    ]
  }
}

output networkId string = virtualNetwork.id
output appSubnetId string = '${virtualNetwork.id}/subnets/app'
output doorSubnetId string = '${virtualNetwork.id}/subnets/endpoints'
