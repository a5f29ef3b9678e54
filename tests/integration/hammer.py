"""Locustfiles that send as fast as they may."""

HAMMER = """
    import locust_ext
    from locust import FastHttpUser, HttpUser, constant, task

    locust_ext.install()

    class Fast(FastHttpUser):
        wait_time = constant(0)

        @task
        def get(self):
            self.client.get("/fast")

    class Lean(locust_ext.LeanHttpUser):
        wait_time = constant(0)

        @task
        def get(self):
            self.client.get("/lean")

    class Plain(HttpUser):
        wait_time = constant(0)

        @task
        def get(self):
            self.client.get("/plain")
"""
