from demo.loading.loader import Loaded, load

__all__ = ["Loaded", "load"]
