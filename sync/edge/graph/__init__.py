"""School Data Sync through Microsoft Graph: `sds.SdsTarget` is its face, `values` what it returns.

It knows Graph's beta of industryData: how to sign in, which calls need which role, what the answers
mean. Its law: the token goes to Graph, and beyond it only where `locations` allows; the signature
of an upload session goes to its storage alone; what decides whether a delivery may go is read
strictly or not at all, and of the vendor's texts only ids, codes and file names get out.
"""
