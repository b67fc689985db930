"""The kinds of Elastic Load Balancing, version 2: application and network load balancers."""
