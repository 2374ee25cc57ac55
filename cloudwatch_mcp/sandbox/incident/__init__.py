"""The data of an incident in an online shop, as CloudWatch shows it.

`checkout` calls `payments`, and `payments` calls a card gateway. Some 56 minutes before `now`, payments
2.15.0 is deployed with a gateway connection pool of 8 instead of 64: calls wait for a connection until
they time out, checkouts fail, and orders drop. The gateway itself is healthy. There is also the usual noise:
a flapping CPU alarm, a nightly batch with warnings, a flood of deprecation warnings.
"""
