// How long log lines stay. First the app's. A workspace's own retention does not reach the tables of
// Application Insights: left alone they keep 90 days, so each is set by itself, one after another.
// docs/reference/functions.md#retention

param workspaceName string

@description('Set the tables of the app\'s lines to 30 days.')
param shortLogs bool

@description('Set the tables of who has read to a year.')
param watchReaders bool

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

@batchSize(1)
resource tables 'Microsoft.OperationalInsights/workspaces/tables@2025-07-01' = [
  for name in [
    'AppAvailabilityResults'
    'AppBrowserTimings'
    'AppDependencies'
    'AppEvents'
    'AppExceptions'
    'AppMetrics'
    'AppPageViews'
    'AppPerformanceCounters'
    'AppRequests'
    'AppSystemEvents'
    'AppTraces'
  ]: if (shortLogs) {
    parent: workspace
    name: name
    properties: {
      retentionInDays: 30
      totalRetentionInDays: 30
    }
  }
]

// Who has read rosters and keys is asked months later. Object ids and addresses, and no pupil.
@batchSize(1)
resource readers 'Microsoft.OperationalInsights/workspaces/tables@2025-07-01' = [
  for name in [
    'AZKVAuditLogs'
    'StorageBlobLogs'
  ]: if (watchReaders) {
    parent: workspace
    name: name
    properties: {
      retentionInDays: 365
      totalRetentionInDays: 365
    }
    dependsOn: [
      tables
    ]
  }
]
