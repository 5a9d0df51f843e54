"""What is asked of the service's code and logs at the limit: who asks, and how?"""
