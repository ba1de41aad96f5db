// A sample: an invented school with two profiles. Change what is yours, and keep the file with your
// own copy of this repository. No secret belongs in it: keys come from the environment, or are put
// into the Key Vault by hand.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'school-sync')
param location = readEnvironmentVariable('AZURE_LOCATION', 'uksouth')

param schools = {
  NORTHBANK: {
    NAME: 'Northbank School'
    ID: '9990001'
    ISAMS_HOST: 'northbank.isams.example'
    TIME_ZONE: 'Europe/London'
    PULL_AT: '22:00'
  }
}

param profiles = {
  seniors: {
    YEAR_GROUPS: '7-13'
    EXCLUDED_SUBJECTS: 'Ga'
    EXTRA_TEACHERS: 'head@northbank.example'
  }
  prep: {
    YEAR_GROUPS: '3-6'
    CLASS_TITLE: '{subject} Year {year} {set_code} {suffix}'
    SUFFIX: 'Prep'
  }
}

param sds = {
  CONNECTOR: 'iSAMS nightly'
}

param secretSettings = [
  'SCHOOLS__NORTHBANK__ISAMS_KEY'
]

// Set ISAMS_KEY for the first deployment, and again only to renew the key.
param secrets = empty(readEnvironmentVariable('ISAMS_KEY', '')) ? {} : {
  SCHOOLS__NORTHBANK__ISAMS_KEY: readEnvironmentVariable('ISAMS_KEY', '')
}

// Set RECOVER_VAULT to true for the first deployment after everything was deleted, and only then.
param recoverVault = bool(readEnvironmentVariable('RECOVER_VAULT', 'false'))

param alertAddresses = [
  'it@northbank.example'
]
