/* The list of this process's runs. */
