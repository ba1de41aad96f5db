// Who is told, and when. Each rule asks the app's own log lines a question from queries/ (`read` asks
// what storage writes about its callers); any row in the answer is a reason to tell a person. The mail
// has the rule's words and a link to the rows.
// Rules look back no further than two days, which is the platform's own bound.

param location string
param tags object
param token string
param insightsId string
param workspaceId string

@description('Whether somebody is told who reads rosters.')
param watchReaders bool

@description('The object ids of those who may: the app\'s, and people\'s.')
param readers string[]

param alertAddresses string[]

// Windows and intervals are those that each query's first line asks for.
var rules = [
  {
    name: 'failed'
    title: 'A run has failed'
    advice: 'A pull or a send failed for good. SDS keeps what it has. See docs/troubleshooting.md for the error.'
    query: loadTextContent('queries/failed.kql')
    severity: 1
    window: 'PT1H'
    every: 'PT15M'
  }
  {
    name: 'held'
    title: 'A delivery waits for a person'
    advice: 'A delivery differs too much from the last one. See whom it is about: isams-sync plan with its id. Then approve or reject it within 24 hours.'
    query: loadTextContent('queries/held.kql')
    severity: 2
    window: 'P2D'
    every: 'PT1H'
  }
  {
    name: 'silent'
    title: 'No run has ended well for 26 hours'
    advice: 'Nothing was accepted by SDS or found unchanged. See whether the app runs: isams-sync check.'
    query: loadTextContent('queries/silent.kql')
    severity: 1
    window: 'P2D'
    every: 'PT1H'
  }
  {
    name: 'poison'
    title: 'A message failed five times'
    advice: 'The host gave up on a message. The next tick asks again; if this comes back, the app has a fault.'
    query: loadTextContent('queries/poison.kql')
    severity: 2
    window: 'PT1H'
    every: 'PT15M'
  }
  {
    name: 'refused'
    title: 'A permission or a key was refused'
    advice: 'iSAMS, Microsoft Graph or storage turned the app away. Renew the key or grant the role that the line names.'
    query: loadTextContent('queries/refused.kql')
    severity: 1
    window: 'PT1H'
    every: 'PT15M'
  }
  {
    name: 'stale'
    title: 'Data are older than 48 hours'
    advice: 'What was read is too old to be sent. See why iSAMS was not read: isams-sync check.'
    query: loadTextContent('queries/stale.kql')
    severity: 2
    window: 'P2D'
    every: 'PT1H'
  }
  {
    name: 'carried'
    title: 'SDS has had nothing newer of a school for long'
    advice: 'Its classes stay as they are, and other schools go on. See what keeps it back: isams-sync status.'
    query: loadTextContent('queries/carried.kql')
    severity: 2
    window: 'P2D'
    every: 'PT6H'
  }
  {
    name: 'shrunk'
    title: 'A school has lost much within 35 days'
    advice: 'No single night or week did it. Ask the school whether so many have really left: docs/troubleshooting.md, State shrunk.'
    query: loadTextContent('queries/shrunk.kql')
    severity: 2
    window: 'P2D'
    every: 'PT6H'
  }
  {
    name: 'unmoved'
    title: 'iSAMS has given the same of a school for ten school days'
    advice: 'Nobody came, went or moved, which is unlikely. See whether iSAMS is the live system and its key sees what is there now: docs/troubleshooting.md, State unmoved.'
    query: loadTextContent('queries/unmoved.kql')
    severity: 2
    window: 'P2D'
    every: 'PT6H'
  }
  {
    name: 'not-landed'
    title: 'What was sent is not in Teams'
    advice: 'Classes, teachers or pupils have been missing for 48 hours, or nobody can say. See which: isams-sync landed --rows, and docs/troubleshooting.md, State compared.'
    query: loadTextContent('queries/not-landed.kql')
    severity: 2
    window: 'P2D'
    every: 'PT6H'
  }
  {
    name: 'expiring'
    title: 'A certificate or an inbound flow of SDS ends soon'
    advice: 'A certificate: renew it and put the new one into the Key Vault. A flow: isams-sync sds next-year tells what to do in which order.'
    query: loadTextContent('queries/expiring.kql')
    severity: 3
    window: 'P1D'
    every: 'P1D'
  }
  {
    name: 'read'
    title: 'Somebody else has read rosters'
    advice: 'Neither the app nor anybody in rosterReaders. Find out who it was and why: docs/troubleshooting.md, Mail read.'
    query: replace(
      loadTextContent('queries/read.kql'),
      '"who may"',
      join(map(readers, id => '"${toLower(id)}"'), ', ')
    )
    severity: 1
    window: 'PT1H'
    every: 'PT15M'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-sync-${token}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'isams-sync'
    emailReceivers: [
      for (address, i) in alertAddresses: {
        name: 'person-${i}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alert 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: 'alert-sync-${rule.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'iSAMS sync: ${rule.title}'
      description: rule.advice
      // A deployment deletes nothing: what is not wanted any more is turned off.
      enabled: rule.name != 'read' || watchReaders
      severity: rule.severity
      scopes: [
        rule.name == 'read' ? workspaceId : insightsId
      ]
      evaluationFrequency: rule.every
      windowSize: rule.window
      // A new workspace has no lines, hence no table, yet.
      skipQueryValidation: true
      // One mail when it begins and one when it is over, not one at each look. What is looked at
      // once a day has time, and reminds once a day.
      autoMitigate: rule.every != 'P1D'
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              minFailingPeriodsToAlert: 1
              numberOfEvaluationPeriods: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [
          people.id
        ]
      }
    }
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(insightsId, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    category: 'workbook'
    displayName: 'iSAMS to School Data Sync'
    serializedData: loadTextContent('workbook.json')
    sourceId: insightsId
    version: 'Notebook/1.0'
  }
}
