// Where the app's log lines go, for thirty days (retention.bicep sees to that). They hold counts and codes, and never a name.

param location string
param tags object
param token string

@description('The object id of the app\'s identity.')
param principalId string

var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: 'log-sync-${token}'
  location: location
  tags: tags
  properties: {
    retentionInDays: 30
    // Who writes or reads signs in: the two keys of the workspace are of no use.
    features: {
      disableLocalAuth: true
      // Deleted after 30 days at the latest, and not 30 days later.
      immediatePurgeDataOn30Days: true
    }
    sku: {
      name: 'PerGB2018'
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-sync-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableIpMasking: false
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
    WorkspaceResourceId: workspace.id
  }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, principalId, metricsPublisher)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}

output workspaceId string = workspace.id
output workspaceName string = workspace.name
output insightsId string = insights.id
output connection string = insights.properties.ConnectionString
