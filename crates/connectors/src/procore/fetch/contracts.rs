//! The contracts of one project, and everything that is listed contract by contract.

use figures::source::RawRecord;

use super::company::updated_since;
use super::project::Reading;
use super::reader::{Gathered, Parent, Verdict};
use crate::http::FetchError;
use crate::procore::client::{Parameter, Row};

/// The contracts of a project; nothing where a list could not be read.
#[derive(Default)]
pub(super) struct Contracts {
    prime: Option<Vec<Row>>,
    orders: Option<Vec<Row>>,
    purchases: Option<Vec<Row>>,
}

impl Contracts {
    /// All contracts, if all lists could be read; otherwise the name of one that could not.
    fn all(&self) -> Result<Vec<&Row>, &'static str> {
        let prime = self.prime.as_ref().ok_or("prime_contracts")?;
        let orders = self.orders.as_ref().ok_or("work_order_contracts")?;
        let purchases = self.purchases.as_ref().ok_or("purchase_order_contracts")?;
        Ok(prime.iter().chain(orders).chain(purchases).collect())
    }
}

impl Reading<'_> {
    pub(super) async fn contracts(&mut self) -> Result<Contracts, FetchError> {
        let prime = self.contract_list("prime_contracts").await?;
        self.lines("prime_contract_line_items", &[("prime_contracts", &prime)])
            .await?;
        let orders = self.contract_list("work_order_contracts").await?;
        let purchases = self.contract_list("purchase_order_contracts").await?;
        let parts = [
            ("work_order_contracts", &orders),
            ("purchase_order_contracts", &purchases),
        ];
        self.lines("commitment_line_items", &parts).await?;
        Ok(Contracts {
            prime,
            orders,
            purchases,
        })
    }

    async fn contract_list(&mut self, name: &'static str) -> Result<Option<Vec<Row>>, FetchError> {
        let with_deleted = [
            self.project_id(),
            ("filters[include_deleted]", "with".to_owned()),
        ];
        let listing = self
            .reader
            .paged(name, &format!("/rest/v1.0/{name}"), &with_deleted)
            .await;
        self.reader
            .settle(name, listing, Parent::None, Verdict::Whole)
    }

    /// The lines of contracts. In a read of changes only those of contracts that changed.
    async fn lines(
        &mut self,
        resource: &'static str,
        contracts: &[(&'static str, &Option<Vec<Row>>)],
    ) -> Result<(), FetchError> {
        let mut gathered = Gathered::default();
        for (kind, rows) in contracts {
            let Some(rows) = rows else {
                self.reader.follows(resource, kind);
                return Ok(());
            };
            for contract in rows.iter().filter(|row| self.is_fresh(row)) {
                let path = format!("/rest/v1.0/{kind}/{}/line_items", contract.id);
                match self
                    .under(resource, &path, &[self.project_id()], contract)
                    .await
                {
                    Ok(Some((records, doubt))) => gathered.add(records, doubt),
                    Ok(None) => {}
                    Err(error) => return self.reader.refused(resource, error),
                }
            }
        }
        let good = self.changes();
        self.reader.settle_gathered(resource, Ok(gathered), good)
    }

    /// One list under a contract. What belongs to a deleted contract may be gone with it.
    async fn under(
        &self,
        resource: &'static str,
        path: &str,
        parameters: &[Parameter],
        contract: &Row,
    ) -> Result<Option<(Vec<RawRecord>, Option<String>)>, FetchError> {
        let Some(id) = contract.number("id") else {
            return Ok(None);
        };
        match self.reader.paged(resource, path, parameters).await {
            Ok(listing) => {
                let records = self
                    .reader
                    .records(resource, &listing.rows, Parent::Given(id));
                Ok(Some((records, listing.doubt)))
            }
            Err(error) if error.cause.is_blind() && is_deleted(contract) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn change_orders(&mut self, contracts: &Contracts) -> Result<(), FetchError> {
        for name in ["prime_change_orders", "commitment_change_orders"] {
            let path = format!("/rest/v1.0/projects/{}/{name}", self.project.id);
            let mut parameters = vec![
                ("filters[include_deleted]", "with".to_owned()),
                ("sort", "id".to_owned()),
            ];
            parameters.extend(updated_since(self.scope, self.plan));
            let listing = self.reader.unpaged(name, &path, &parameters).await;
            let good = self.changes();
            self.reader
                .settle(name, listing, Parent::Member("contract_id"), good)?;
        }
        let packages = match contracts.all() {
            Ok(all) => {
                let path = "/rest/v1.0/change_order_packages";
                let extra = [("filters[include_deleted]", "with".to_owned())];
                self.per_contract("change_order_packages", path, &extra, &all)
                    .await
            }
            Err(missing) => {
                self.reader.follows("change_order_packages", missing);
                Ok(None)
            }
        };
        self.settle_per_contract("change_order_packages", packages)?;
        let parameters = [
            self.project_id(),
            ("filters[include_deleted]", "with".to_owned()),
        ];
        let path = "/rest/v1.0/potential_change_orders";
        let listing = self
            .reader
            .paged("potential_change_orders", path, &parameters)
            .await;
        let parent = Parent::Member("contract_id");
        self.reader
            .settle("potential_change_orders", listing, parent, Verdict::Whole)?;
        Ok(())
    }

    /// One list for each contract, asked for by `contract_id`.
    async fn per_contract(
        &self,
        resource: &'static str,
        path: &str,
        extra: &[Parameter],
        contracts: &[&Row],
    ) -> Result<Option<Gathered>, FetchError> {
        let mut gathered = Gathered::default();
        for contract in contracts {
            let mut parameters = vec![self.project_id(), ("contract_id", contract.id.to_string())];
            parameters.extend_from_slice(extra);
            if let Some((records, doubt)) =
                self.under(resource, path, &parameters, contract).await?
            {
                gathered.add(records, doubt);
            }
        }
        Ok(Some(gathered))
    }

    fn settle_per_contract(
        &mut self,
        resource: &'static str,
        gathered: Result<Option<Gathered>, FetchError>,
    ) -> Result<(), FetchError> {
        match gathered {
            Ok(None) => Ok(()),
            Ok(Some(gathered)) => {
                self.reader
                    .settle_gathered(resource, Ok(gathered), Verdict::Whole)
            }
            Err(error) => self.reader.refused(resource, error),
        }
    }

    /// Payments are listed contract by contract; the same resource for both directions.
    pub(super) async fn payments(&mut self, contracts: &Contracts) -> Result<(), FetchError> {
        let gathered = match contracts.all() {
            Ok(all) => {
                let path = "/rest/v1.0/contract_payments";
                self.per_contract("contract_payments", path, &[], &all)
                    .await
            }
            Err(missing) => {
                self.reader.follows("contract_payments", missing);
                Ok(None)
            }
        };
        self.settle_per_contract("contract_payments", gathered)
    }
}

fn is_deleted(row: &Row) -> bool {
    row.text("deleted_at").is_some()
}
