// `network = 'private'`: the app reaches storage and vault by addresses of its own network.

param location string
param tags object
param token string
param networkId string
param doorSubnetId string
param hostAccountId string
param rostersAccountId string
param vaultId string

var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
}

var doors = [
  { name: 'host-blob', service: hostAccountId, group: 'blob' }
  { name: 'host-queue', service: hostAccountId, group: 'queue' }
  { name: 'rosters-blob', service: rostersAccountId, group: 'blob' }
  { name: 'vault', service: vaultId, group: 'vault' }
]

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for each in items(zones): {
    name: each.value
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (each, i) in items(zones): {
    parent: zone[i]
    name: 'sync'
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: networkId
      }
    }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2025-07-01' = [
  for door in doors: {
    name: 'pe-${door.name}-${token}'
    location: location
    tags: tags
    properties: {
      subnet: {
        id: doorSubnetId
      }
      privateLinkServiceConnections: [
        {
          name: door.name
          properties: {
            privateLinkServiceId: door.service
            groupIds: [
              door.group
            ]
          }
        }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-07-01' = [
  for (door, i) in doors: {
    parent: endpoint[i]
    name: 'default'
    dependsOn: [
      zone
    ]
    properties: {
      privateDnsZoneConfigs: [
        {
          name: door.group
          properties: {
            privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zones[door.group])
          }
        }
      ]
    }
  }
]
