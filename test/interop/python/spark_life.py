"""An ordinary life of Spark on hdfs://, in local mode: each check prints one line of JSON with its name and, if it failed, why.

Arguments: the file system (hdfs://host:port), the process id of a datanode to be killed while a job writes.
"""

import json
import os
import signal
import sys
import threading
import time
import traceback

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

FS, DATANODE_PID = sys.argv[1], int(sys.argv[2])
ODD_VALUES = ["a=b", "x:y", "100%", "*", "[br]", "{x}", " two words ", "a/b", "é", "e\u0301", "#1", "a+b", "?q&r", ""]
checks = []


def check(function):
    checks.append(function)
    return function


def session(**properties):
    builder = SparkSession.builder.master("local[2]").appName("life")
    settings = {
        "spark.hadoop.fs.defaultFS": FS,
        "spark.sql.warehouse.dir": f"{FS}/warehouse",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"{FS}/events",
        "spark.eventLog.rolling.enabled": "false",
        "spark.sql.shuffle.partitions": "3",
        "spark.default.parallelism": "3",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        **properties,
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def file_system(spark):
    """Hadoop's own FileSystem object, as the program behind Spark sees the cluster."""
    hadoop = spark._jvm.org.apache.hadoop.fs
    return hadoop.FileSystem.get(spark._jsc.hadoopConfiguration()), hadoop.Path


def names_in(spark, folder):
    fs, path = file_system(spark)
    return sorted(status.getPath().getName() for status in fs.listStatus(path(folder)))


@check
def parquet_comes_back(spark):
    frame = spark.range(20_000).withColumn("text", F.concat(F.lit("row "), F.col("id")))
    frame.write.parquet("/parquet/plain")
    read = spark.read.parquet("/parquet/plain")
    assert read.count() == 20_000
    assert read.agg(F.sum("id")).first()[0] == sum(range(20_000))
    assert "_SUCCESS" in names_in(spark, "/parquet/plain")
    assert not [name for name in names_in(spark, "/parquet/plain") if name.startswith("_temporary")]


def overwrite_partitions(spark, algorithm):
    spark.conf.set("mapreduce.fileoutputcommitter.algorithm.version", algorithm)
    folder = f"/parquet/partitions-{algorithm}"
    frame = lambda day, count: spark.range(count).withColumn("day", F.lit(day))
    frame("mon", 10).union(frame("tue", 20)).write.partitionBy("day").parquet(folder)
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    frame("tue", 3).write.mode("overwrite").partitionBy("day").parquet(folder)
    counts = {row["day"]: row["count"] for row in spark.read.parquet(folder).groupBy("day").count().collect()}
    assert counts == {"mon": 10, "tue": 3}, counts
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "static")
    frame("wed", 5).write.mode("overwrite").partitionBy("day").parquet(folder)
    assert names_in(spark, folder) == ["_SUCCESS", "day=wed"], names_in(spark, folder)
    frame("wed", 6).write.mode("append").partitionBy("day").parquet(folder)
    assert spark.read.parquet(folder).count() == 11


@check
def partitions_are_overwritten_with_commit_algorithm_1(spark):
    overwrite_partitions(spark, "1")


@check
def partitions_are_overwritten_with_commit_algorithm_2(spark):
    overwrite_partitions(spark, "2")


@check
def odd_partition_values_survive(spark):
    rows = [(value, index) for index, value in enumerate(ODD_VALUES) if value]
    spark.createDataFrame(rows, ["part", "index"]).write.partitionBy("part").parquet("/parquet/odd")
    read = spark.read.option("basePath", "/parquet/odd").parquet("/parquet/odd")
    assert sorted((row["part"], row["index"]) for row in read.collect()) == sorted(rows)
    for value, index in rows:
        assert [row["index"] for row in read.where(F.col("part") == value).collect()] == [index], value


@check
def a_stream_continues_from_its_checkpoint(spark):
    schema = "id long, text string"

    def feed(batch):
        frame = spark.range(batch * 100, batch * 100 + 100).withColumn("text", F.lit(f"batch {batch}"))
        frame.coalesce(1).write.mode("append").json("/stream/in")

    def drain():
        query = (
            spark.readStream.schema(schema).json("/stream/in")
            .writeStream.format("parquet").option("checkpointLocation", "/stream/checkpoint")
            .trigger(availableNow=True).start("/stream/out")
        )
        assert query.awaitTermination(120)
        assert query.exception() is None

    for batch in range(3):
        feed(batch)
        drain()
        ids = sorted(row["id"] for row in spark.read.parquet("/stream/out").collect())
        assert ids == list(range((batch + 1) * 100)), len(ids)
    assert "offsets" in names_in(spark, "/stream/checkpoint")


@check
def a_stateful_stream_keeps_its_state(spark):
    def drain():
        query = (
            spark.readStream.schema("id long, text string").json("/stream/in").groupBy("text").count()
            .writeStream.outputMode("complete").format("memory").queryName("counts")
            .option("checkpointLocation", "/stream/state").trigger(availableNow=True).start()
        )
        assert query.awaitTermination(120)
        return {row["text"]: row["count"] for row in spark.table("counts").collect()}

    assert drain() == {f"batch {batch}": 100 for batch in range(3)}
    spark.range(7).withColumn("text", F.lit("batch 0")).write.mode("append").json("/stream/in")
    assert drain()["batch 0"] == 107


@check
def text_csv_json_and_orc_come_back(spark):
    frame = spark.range(500).withColumn("name", F.concat(F.lit("näme, "), F.col("id").cast("string")))
    for kind in ("csv", "json", "orc"):
        frame.write.format(kind).option("header", "true").save(f"/formats/{kind}")
        read = spark.read.format(kind).option("header", "true").load(f"/formats/{kind}")
        assert sorted(row["name"] for row in read.collect()) == sorted(row["name"] for row in frame.collect()), kind


@check
def files_of_rdds_come_back(spark):
    context = spark.sparkContext
    context.parallelize([f"line {index}" for index in range(1000)], 3).saveAsTextFile("/rdd/text")
    assert context.textFile("/rdd/text").count() == 1000
    context.parallelize([(index, str(index)) for index in range(100)]).saveAsSequenceFile("/rdd/sequence")
    assert dict(context.sequenceFile("/rdd/sequence").collect()) == {index: str(index) for index in range(100)}
    assert len(context.wholeTextFiles("/rdd/text").collect()) == 3


@check
def an_existing_target_is_refused(spark):
    try:
        spark.range(1).write.parquet("/parquet/plain")
    except Exception as error:
        assert "PATH_ALREADY_EXISTS" in str(error), error
        return
    raise AssertionError("it was written over")


@check
def a_missing_source_is_refused(spark):
    try:
        spark.read.parquet("/nothing/here").count()
    except Exception as error:
        assert "PATH_NOT_FOUND" in str(error), error
        return
    raise AssertionError("something was read")


@check
def a_table_is_made_filled_and_dropped(spark):
    spark.sql("CREATE TABLE people (name STRING, age INT) USING parquet PARTITIONED BY (age)")
    spark.sql("INSERT INTO people VALUES ('a', 1), ('b', 2)")
    spark.sql("INSERT OVERWRITE people PARTITION (age = 2) VALUES ('c')")
    assert sorted(row["name"] for row in spark.table("people").collect()) == ["a", "c"]
    spark.sql("DROP TABLE people")
    assert "people" not in names_in(spark, "/warehouse")


@check
def blocks_have_hosts(spark):
    # What the scheduler places tasks by. (An RDD shows no preferred location here: Spark leaves "localhost" out.)
    fs, path = file_system(spark)
    status = fs.getFileStatus(path("/rdd/text/part-00000"))
    locations = fs.getFileBlockLocations(status, 0, status.getLen())
    assert len(locations) == 1 and len(locations[0].getHosts()) == 3, list(locations)


@check
def a_job_survives_the_death_of_a_datanode(spark):
    rows = 6_000_000
    frame = spark.range(rows).withColumn("noise", F.md5(F.col("id").cast("string")))

    def kill():
        time.sleep(3)
        os.kill(DATANODE_PID, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    frame.repartition(3).write.option("compression", "none").parquet("/parquet/big")
    killer.join()
    read = spark.read.parquet("/parquet/big")
    assert read.count() == rows
    assert read.where(F.md5(F.col("id").cast("string")) != F.col("noise")).count() == 0


def the_event_log_is_renamed_at_the_end(fs, path):
    logs = [status.getPath().getName() for status in fs.listStatus(path("/events"))]
    assert logs and not [name for name in logs if name.endswith(".inprogress")], logs


def report(name, function, *arguments):
    try:
        function(*arguments)
        print(json.dumps({"check": name}), flush=True)
    except Exception:
        print(json.dumps({"check": name, "failure": traceback.format_exc()[-4000:]}), flush=True)


def main():
    spark = session()
    for function in checks:
        report(function.__name__, function, spark)
    jvm = spark._jvm
    configuration = spark._jsc.hadoopConfiguration()
    # Stopping writes the end of the event log; the gateway to the JVM lives on.
    spark.stop()
    fs = jvm.org.apache.hadoop.fs.FileSystem.get(configuration)
    report("the_event_log_is_renamed_at_the_end", the_event_log_is_renamed_at_the_end, fs, jvm.org.apache.hadoop.fs.Path)


main()
