from orders.demo.loading.load import Loaded, load

__all__ = ["Loaded", "load"]
