"""The order of things: each module is a step of the night, and says what comes before what.

A step looks at what exists, does what is next and leaves word; it remembers nothing. Its law: any
step may be lost, doubled, late or killed at any line, because what it writes is written once, and
what makes a thing exist (a manifest, a mark) is written last. Steps reach the outside through
`sync.edge` alone, and a `World` hands it in. Paths and names in storage are no business of theirs:
`delivery` has the objects that read and write their marks and files.

`schedule` asks for `pull`, which `seal`s; `send` moves a connector's delivery: `merge`, `plan`,
`submit`, `acceptance`, `follow`. `restore` brings a former delivery back, `sweep` deletes what is
past its time, `status` and `doctor` tell people how it stands.
"""
