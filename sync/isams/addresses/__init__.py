"""School addresses that iSAMS lacks: whose account is whose, and what a written record may become.

This room knows how a record of iSAMS finds its account in Entra, what a Swagger says that PUT takes
and GET shows, and when a record that was written is as it was but for its address. Its law: in
doubt there is no address, and no record is written. An address is proposed by an id that both hold
and a surname on which they agree, never by a guess; a record is put back with every value as it
came, and whatever cannot be told is told as that. It is pure, and nobody is named in a message.
"""
