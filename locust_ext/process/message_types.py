"""What those messages are called whose models are loaded when one comes.

Law: pure; each name stands here alone.
"""

HELLO = "locust_ext.hello"
ORDERS = "locust_ext.orders"
FOLLOWS = "locust_ext.follows"

PRESENCE = "locust_ext.presence"
SHARE = "locust_ext.share"

CENSUS = "locust_ext.census"
MUSTER = "locust_ext.muster"
STRIKE = "locust_ext.strike"
RELEASE = "locust_ext.release"
