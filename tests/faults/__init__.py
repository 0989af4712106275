"""Tools that break things: proxies between the parts, processes to kill and freeze, children that crash."""
