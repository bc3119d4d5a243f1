"""The thin Faust shell: here records are taken, state kept, outputs sent. What is true is asked of `pipeline`."""
