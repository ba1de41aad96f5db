"""All that a delivery would change in SDS, in the order of the damage that it could do.

Who approves must have seen whom it is about. So nothing is summed up here: each row that differs is
told, once. Applied to what SDS holds, the plan gives the delivery.
"""
