"""The page: how a person sees with a browser what the app did, and answers it.

HTML made on the server, a style sheet, and no script. What a screen shows is made of what a step
gives, by a pure function of the module of the same name, and drawn by the template of that name.
Home has its parts in `panel`, `way` and `nights`, Held its own in `exchanges` and `sections`.
`platform` is the way in on Azure, `loopback` that on one's own machine; both end in `screens`.
"""
