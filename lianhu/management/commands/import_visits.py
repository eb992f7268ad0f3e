from lianhu.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Import the visits workbook: all or nothing."
    kind = "visits"
