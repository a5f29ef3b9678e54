"""What those messages are called whose models are loaded when one comes.

Law: pure; each name stands here alone.
"""

HELLO = "locust_ext.hello"
ORDERS = "locust_ext.orders"
FOLLOWS = "locust_ext.follows"

PRESENCE = "locust_ext.presence"
SHARE = "locust_ext.share"

PERMITS_ASKED = "locust_ext.permits_asked"
PERMITS_LENT = "locust_ext.permits_lent"

STORM_COUNT = "locust_ext.storm_count"
STORM_COUNTED = "locust_ext.storm_counted"
STORM_DROP = "locust_ext.storm_drop"
RELEASE = "locust_ext.release"

FEEDER_ASK = "locust_ext.feeder_ask"
FEEDER_ROWS = "locust_ext.feeder_rows"
