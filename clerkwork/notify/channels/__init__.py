"""One module per notification channel; ``notify.contract`` says what a module has to provide."""
