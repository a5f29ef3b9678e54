"""The embedded demo target: a small back end with a dial for every fault, to practise on before meeting a real one."""
