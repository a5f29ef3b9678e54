"""Each listener and each greenlet of ours in turn is made to raise, in real runs."""
