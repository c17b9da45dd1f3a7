"""Runs the program as a module, in a namespace of its own."""
import runpy

runpy.run_module("shop.app", run_name="__main__")
