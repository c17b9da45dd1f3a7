import os
import pickle
import tempfile
import boto3
import numpy as np
from sklearn import metrics
from sklearn.ensemble import RandomForestRegressor

HERE = os.path.dirname(os.path.abspath(__file__))

def handler(event, context):
    table = np.genfromtxt(event["csv"], delimiter=";", skip_header=1)
    rng = np.random.RandomState(2)
    train = rng.rand(len(table)) <= 0.9
    x, y = table[:, :-1], table[:, -1]
    model = RandomForestRegressor(n_estimators=30, random_state=2)
    model.fit(x[train], y[train])
    error = metrics.mean_absolute_error(y[~train], model.predict(x[~train]))
    with open(os.path.join(tempfile.gettempdir(), "wine-model.pkl"), "wb") as f:
        pickle.dump(model, f)
    boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    return {"mae": round(float(error), 3)}

