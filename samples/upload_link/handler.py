"""A link by which a client may upload a file to S3. Signing needs no network."""
import boto3

S3 = boto3.client("s3", region_name="eu-central-1", aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="example")


def handler(event, context):
    url = S3.generate_presigned_url("put_object", Params={"Bucket": event["bucket"], "Key": event["key"]}, ExpiresIn=600)
    return {"host": url.split("/")[2], "key": event["key"] in url}
