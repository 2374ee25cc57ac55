"""The data of the incident `checkout-failures`."""
