"""Runs in the programs that people follow their trainings with: what is told of one, and a module for each program.

Its face: scalars, tensorboard.TensorBoard, mlflow_run.MlflowRun.
"""
