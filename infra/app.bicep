// The Flex Consumption plan, the app, and what it is told.

param location string
param tags object
param token string
param identityId string
param identityClientId string

@description('The identity that reads back what reached Teams, by its id. Empty: none does.')
param readBackIdentities object = {}

@description('What the app is told of it.')
param readBackSettings object = {}

param hostBlobUri string
param hostQueueUri string
param deploymentContainer string
param rostersUri string
param rostersContainer string
param vaultName string
param insightsConnection string

@description('The subnet that the app is in. Empty: in none.')
param subnetId string

@description('The app registration that callers sign in to. Empty: no sign-in, function keys only.')
param authClientId string

@description('Addresses that may call the HTTP routes. Empty: any.')
param callerAddresses string[]

param schools object
param profiles object
param defaults object = {}
param sds object
param secretSettings string[]

@description('How often the app looks for what is due, in UTC: the app itself minds school time.')
param tickSchedule string = '0 */5 * * * *'

@description('Memory of an instance, in MB.')
param instanceMemoryMB int

@description('How far the platform may scale out. A pull and a send take one instance each.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

// A name that the platform's sign-in knows, and takes for an identity instead of a secret.
var identityForSecret = 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'

// What the host and the platform read.
var hostSettings = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identityClientId}'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
  AZURE_CLIENT_ID: identityClientId
  // The host's own front page would stand where the app's is.
  // docs/reference/functions.md#front-page
  AzureWebJobsDisableHomepage: 'true'
  AzureWebJobsStorage__blobServiceUri: hostBlobUri
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__queueServiceUri: hostQueueUri
  // Where callers sign in, the identity vouches for the app registration: no secret exists.
  // docs/reference/functions.md#identity-for-secret
  '${identityForSecret}': identityClientId
  TICK_SCHEDULE: tickSchedule
}

// What the app reads: docs/settings.md.
var ownSettings = {
  PROFILES_JSON: string(profiles)
  SCHOOLS_JSON: string(schools)
  STORAGE__ACCOUNT_URL: rostersUri
  STORAGE__CONTAINER: rostersContainer
}

var defaultSettings = flatten(map(
  items(defaults),
  kind => map(items(kind.value), one => { name: 'DEFAULTS__${kind.key}__${one.key}', value: string(one.value) })
))
var sdsSettings = map(items(sds), one => { name: 'SDS__${one.key}', value: string(one.value) })
var references = map(secretSettings, name => {
  name: name
  value: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${replace(name, '_', '-')})'
})

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-sync-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true // Linux
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: 'func-sync-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'sync' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: union(
      {
        '${identityId}': {}
      },
      readBackIdentities
    )
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    // No ftpsState here: a Flex Consumption app has no FTP, and Azure refuses one that speaks of it.
    siteConfig: {
      http20Enabled: true
      ipSecurityRestrictions: map(callerAddresses, (address, i) => {
        action: 'Allow'
        ipAddress: address
        name: 'caller-${i}'
        priority: 100 + i
      })
      ipSecurityRestrictionsDefaultAction: empty(callerAddresses) ? 'Allow' : 'Deny'
      minTlsVersion: '1.2'
      // Publishing has a site of its own: whoever may publish is let in from anywhere.
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
      scmIpSecurityRestrictionsUseMain: false
      scmMinTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostBlobUri}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        alwaysReady: []
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    hostSettings,
    ownSettings,
    readBackSettings,
    toObject(concat(defaultSettings, sdsSettings, references), one => one.name, one => one.value)
  )
}

// Publishing takes a person's or a pipeline's own sign-in, never a password of the app's. The type
// knows no location, and Azure has refused those without: Microsoft's own module gives it as well.
// docs/reference/functions.md#publishing-policies
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  #disable-next-line BCP187
  location: location
  properties: {
    allow: false
  }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  #disable-next-line BCP187
  location: location
  properties: {
    allow: false
  }
}

// People sign in with a browser and get a cookie for an hour; programs bring a token for the app
// registration, and the function key as before.
resource auth 'Microsoft.Web/sites/config@2025-03-01' = if (!empty(authClientId)) {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
    }
    globalValidation: {
      redirectToProvider: 'azureactivedirectory'
      requireAuthentication: true
      unauthenticatedClientAction: 'RedirectToLoginPage'
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: authClientId
          clientSecretSettingName: identityForSecret
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [
            authClientId
            'api://${authClientId}'
          ]
        }
      }
    }
    login: {
      // Fixed: whoever has lost a role, or walked away from a shared machine, is out within the hour.
      cookieExpiration: {
        convention: 'FixedTime'
        timeToExpiration: '01:00:00'
      }
      nonce: {
        validateNonce: true
      }
      tokenStore: {
        enabled: false
      }
    }
  }
}

output appName string = app.name
