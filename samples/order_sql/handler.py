"""Books an order in a database."""
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, func, select

ENGINE = create_engine("sqlite://")
ORDERS = Table("orders", MetaData(), Column("id", Integer, primary_key=True), Column("item", String), Column("amount", Integer))


def handler(event, context):
    ORDERS.metadata.create_all(ENGINE)
    with ENGINE.begin() as connection:
        connection.execute(ORDERS.delete())
        for item, amount in event["orders"]:
            connection.execute(ORDERS.insert().values(item=item, amount=amount))
        total = connection.execute(select(func.sum(ORDERS.c.amount))).scalar()
    return {"total": total}
