// How long the app's log lines stay. A workspace's own retention does not reach the tables of
// Application Insights: left alone they keep 90 days, so each is set by itself, one after another.
// docs/reference/functions.md#retention

param workspaceName string

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
  ]: {
    parent: workspace
    name: name
    properties: {
      retentionInDays: 30
      totalRetentionInDays: 30
    }
  }
]
