"""The same load for Locust: locust --headless --users 50 --spawn-rate 50 --run-time 20s --host URL -f verify/locustfile.py"""

from locust import HttpUser, constant_throughput, task


class NewFlow(HttpUser):
    """Four requests a second, each on a connection of its own: every request is a new flow of the load balancer."""

    wait_time = constant_throughput(4)

    @task
    def get(self) -> None:
        self.client.get("/", headers={"Connection": "close"}, timeout=5)
